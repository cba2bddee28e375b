"""The wording of messages: the hub's own, in files, and what operators put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import delete, select, update

from app.domain.ids import new_id
from app.domain.message_texts import filled, names_in, problem_of
from app.domain.messages import EMAIL, KINDS, SMS, Kind, allowed_names, sure_names
from app.models import MessageTemplate, db, utc_now
from app.services.errors import FieldsRefused, NotFound, Refusal
from app.services.inserts import insert_once
from app.services.transaction import transaction

_FILES = Path(__file__).parent / "message_templates"
MOST = {EMAIL: 5000, SMS: 480}  # characters of a body
MOST_OF_A_TITLE = 150


class WordingChanged(Refusal):
    """Somebody else saved the same wording meanwhile."""

    code = "wording_changed"

    @property
    def message(self) -> str:
        return "Somebody else changed this wording meanwhile. Load the page again and repeat your change."


@dataclass(frozen=True)
class Wording:
    """What a message says, with placeholders; `revision` is 0 for the hub's own, and a text message has no title."""

    title: str
    body: str
    enabled: bool = True
    revision: int = 0
    updated_by: str = ""


def kind_of(key: str, channel: str, language: str) -> Kind:
    """Return a kind of message that has this channel and language. Raises NotFound."""
    kind = KINDS.get(key)
    if kind is None or channel not in kind.channels or language not in kind.languages:
        raise NotFound("message", f"{key} {channel} {language}")
    return kind


@cache
def own(key: str, channel: str, language: str) -> Wording:
    """Return the hub's own wording: an e-mail's file begins with its subject."""
    text = (_FILES / language / f"{key}.{channel}.txt").read_text(encoding="utf-8")
    title, _, body = text.partition("\n") if channel == EMAIL else ("", "", text)
    return Wording(title.strip(), body.strip())


def current(key: str, channel: str, language: str) -> Wording:
    """Return the wording in force; one that is switched off is not sent."""
    query = select(MessageTemplate).where(
        MessageTemplate.kind == key, MessageTemplate.channel == channel, MessageTemplate.language == language
    )
    row = db.session.scalar(query)
    return own(key, channel, language) if row is None else _wording(row)


def changed() -> dict[tuple[str, str, str], Wording]:
    """Return every wording that operators put in place of the hub's own, by kind, channel and language."""
    return {(row.kind, row.channel, row.language): _wording(row) for row in db.session.scalars(select(MessageTemplate))}


def check(kind: Kind, channel: str, title: str, body: str) -> None:
    """Refuse a wording that could not be sent as it is meant. Raises FieldsRefused."""
    errors: dict[str, str] = {}
    allowed = allowed_names(kind)
    fields = {"title": (title, MOST_OF_A_TITLE), "body": (body, MOST[channel])}
    if channel == SMS:
        del fields["title"]
    for name, (text, most) in fields.items():
        if not text.strip():
            errors[name] = "Write something, or go back to the hub's own wording."
        elif len(text) > most:
            errors[name] = f"It has {len(text)} characters; use at most {most}."
        elif any(ord(each) < 32 and each not in "\r\n\t" for each in text):
            errors[name] = "It holds a character that cannot be shown. Write it anew as plain text."
        elif problem := problem_of(text, allowed):
            errors[name] = problem
    if channel != SMS and any(ord(each) < 32 for each in title.strip()):
        errors["title"] = "A subject has one line."
    elif channel != SMS and "link" in names_in(title) and "title" not in errors:
        errors["title"] = "A subject cannot carry the link; put {{ link }} into the text."
    missing = [name for name in kind.required if name not in names_in(body)]
    if missing and "body" not in errors:
        errors["body"] = f"Put {{{{ {missing[0]} }}}} somewhere: without it the reader cannot pay."
    elif "body" not in errors and (lost := _lost(kind, body)):
        errors["body"] = lost
    if errors:
        raise FieldsRefused(errors)


def save(
    key: str, channel: str, language: str, *, title: str, body: str, enabled: bool, revision: int, user: str
) -> None:
    """Put a wording in force, unless it changed since `revision`. Raises NotFound, FieldsRefused, WordingChanged."""
    kind = kind_of(key, channel, language)
    body = body.replace("\r\n", "\n")
    title = "" if channel == SMS else title
    check(kind, channel, title, body)
    place = {"kind": key, "channel": channel, "language": language}
    values = {
        "title": title.strip(),
        "body": body.strip(),
        "enabled": enabled,
        "updated_by": user,
        "updated_at": utc_now(),
    }
    with transaction():
        if revision == 0:
            row = {"id": new_id("tmpl"), "revision": 1, **place, **values}
            saved = insert_once(MessageTemplate, row, unique=list(place))
        else:
            guarded = update(MessageTemplate).filter_by(**place, revision=revision)
            change = guarded.values(revision=revision + 1, **values).returning(MessageTemplate.id)
            saved = db.session.execute(change.execution_options(synchronize_session=False)).first() is not None
        if not saved:
            raise WordingChanged


def go_back(key: str, channel: str, language: str, *, revision: int) -> None:
    """Put the hub's own wording in force again. Raises NotFound, WordingChanged."""
    kind_of(key, channel, language)
    place = {"kind": key, "channel": channel, "language": language, "revision": revision}
    with transaction():
        gone = db.session.execute(delete(MessageTemplate).filter_by(**place).returning(MessageTemplate.id)).first()
        if gone is None and revision != 0:
            raise WordingChanged


def _lost(kind: Kind, body: str) -> str | None:
    """Return what is wrong when a message may lose what matters, because a line without all its values is left out."""
    sure = sure_names(kind)
    least = filled(body, {name: f"{{{{ {name} }}}}" for name in sure})
    if least and names_in(least) >= set(kind.required):
        return None
    unsure = " or ".join(f"{{{{ {name} }}}}" for name in sorted(names_in(body) - sure))
    what = f"{{{{ {kind.required[0]} }}}}" if kind.required else "some words"
    return f"A line with {unsure} is left out when that is not known. Put {what} on a line without it."


def _wording(row: MessageTemplate) -> Wording:
    return Wording(row.title, row.body, row.enabled, row.revision, row.updated_by)
