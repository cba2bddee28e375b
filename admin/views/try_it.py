"""Try it: facts that somebody types, or a session's, against the draft or any version; the address is all there is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request
from flask_admin import expose
from sqlalchemy import select

from admin import formats
from admin.base import HubView
from admin.builder.typed import labels
from admin.decision_page import Explained, explained
from admin.reading import describer
from admin.roles import may
from admin.try_form import Surroundings, read_form
from app.models import CheckoutSession, RuleSetVersion, db, utc_now
from app.services import drafts, rule_sets, try_it
from app.services.errors import NoActiveRules, NotFound
from app.services.sessions import get_session
from app.services.transaction import release
from app.services.try_it import Source, Tried
from rules import AttributeType, Facts, recorded
from rules.attributes import WEEKDAYS

LATEST = 8  # sessions to pick from
VERSIONS = 50
_ID = re.compile(r"[A-Za-z0-9_]{1,40}")


@dataclass(frozen=True)
class Side:
    """What one source of rules answers: its name, the decision, and the decision explained."""

    title: str
    tried: Tried
    page: Explained


class TryItView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        faults: dict[str, str] = {}
        active = _active()
        start, session_id = _session_facts(faults)
        wanted = _wanted(active, faults)
        bench = try_it.bench()
        home = current_app.config["JUNCTION"].merchant_country
        form = read_form(request.args, start, Surroundings(bench.catalogue, formats.account_labels(), home))
        sides: list[Side] = []
        if form.facts is not None and not faults:
            numbers = dict.fromkeys([wanted, *([active] if active is not None else [])])
            sources = [try_it.source_of(number) for number in numbers]
            describer()  # reads what it needs before the rules are asked, which takes a while when there are thousands
            release()
            sides = [_side(source, active, form.facts, bench, session_id) for source in sources]
        return self.render(
            "backoffice/try.html",
            form=form,
            faults=faults,
            sides=sides,
            same=len(sides) < 2 or _seen(sides[0].tried) == _seen(sides[1].tried),
            version=_key(wanted, active),
            versions=_versions(active),
            session_id=session_id,
            latest=_latest(),
            countries=labels(AttributeType.COUNTRY),
            currencies=labels(AttributeType.CURRENCY),
        )


def _active() -> int | None:
    try:
        return rule_sets.active_number()
    except NoActiveRules:
        return None


def _wanted(active: int | None, faults: dict[str, str]) -> int | None:
    """Return the version to try, None for the draft: what the address says, else a draft that somebody wrote in."""
    text = request.args.get("version", "")
    if text == "draft" or (not text and (active is None or drafts.get_draft().author is not None)):
        return None
    if text in ("", "active") and active is not None:
        return active
    if text.isdecimal() and text.isascii() and len(text) < 10:
        try:
            return rule_sets.get_version(int(text)).number
        except NotFound:
            pass
    faults["version"] = "There is no such version. Choose one of the list."
    return active


def _session_facts(faults: dict[str, str]) -> tuple[Facts, str | None]:
    """Return the facts that the fields begin with, and the session they are of, if the address names one."""
    session_id = request.args.get("session", "").strip()
    if not session_id:
        return _just_now(), None
    try:
        if not may("payments.view") or not _ID.fullmatch(session_id):
            raise NotFound("checkout session", session_id)
        session = get_session(session_id)
    except NotFound:
        faults["session"] = "There is no such checkout session. Pick one of the list, or leave this empty."
        return _just_now(), None
    decided = session.decisions
    return (recorded(decided[-1].facts) if decided else _just_now()), session.id


def _just_now() -> Facts:
    """Return the facts of a customer from home who opens the checkout now."""
    local: datetime = utc_now().astimezone(formats.zone())
    return {
        "amount": 10_000,
        "currency": "EUR",
        "country": current_app.config["JUNCTION"].merchant_country,
        "cross_border": False,
        "channel": "online",
        "customer_type": "consumer",
        "flow": "direct",
        "locale": "en",
        "attempts": 0,
        "date": local.date().isoformat(),
        "weekday": WEEKDAYS[local.weekday()],
        "hour": local.hour,
    }


def _side(source: Source, active: int | None, facts: Facts, bench: try_it.Bench, session_id: str | None) -> Side:
    tried = try_it.attempt(source, facts, bench, session_id)
    title = "The draft" if source.number is None else f"Version {source.number}"
    if source.number is not None and source.number == active:
        title = f"The active version, {source.number}"
    return Side(title, tried, explained(source.ruleset, tried.decision, dict(facts), source.left_out))


def _seen(tried: Tried) -> object:
    """Return what the customer sees of a decision."""
    decision = tried.decision
    return decision.offered, decision.strong_authentication, [dict(text) for text in decision.notices]


def _versions(active: int | None) -> dict[str, str]:
    """Return what can be tried, by its value in the address."""
    numbers = db.session.scalars(select(RuleSetVersion.number).order_by(RuleSetVersion.number.desc()).limit(VERSIONS))
    listed = {str(number): f"Version {number}" for number in numbers if number != active}
    now = {} if active is None else {"active": f"The active version, {active}"}
    return {"draft": "The draft"} | now | listed


def _key(wanted: int | None, active: int | None) -> str:
    if wanted is None:
        return "draft"
    return "active" if wanted == active else str(wanted)


def _latest() -> list[CheckoutSession]:
    """Return the newest sessions, for those who may see them."""
    if not may("payments.view"):
        return []
    return list(db.session.scalars(select(CheckoutSession).order_by(CheckoutSession.created_at.desc()).limit(LATEST)))
