"""The form that publishes the draft: a note, and now or a day and a time in the merchant's zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from admin import formats
from app.models import utc_now

LONGEST_NOTE = 500


@dataclass
class PublishForm:
    """What was typed, kept as it was; `wrong` holds a sentence for each field that is to be mended."""

    note: str = ""
    when: str = "now"
    day: str = ""
    time: str = ""
    at: datetime | None = None
    wrong: dict[str, str] = field(default_factory=dict)


def read_form(posted: Mapping[str, str]) -> PublishForm:
    """Return the form as posted, checked; `at` is None to publish now."""
    form = PublishForm(
        note=posted.get("note", "").strip(),
        when="later" if posted.get("when") == "later" else "now",
        day=posted.get("day", "")[:40],
        time=posted.get("time", "")[:40],
    )
    if not form.note:
        form.wrong["note"] = "Write in a sentence what changes, for those who look at the versions later."
    elif len(form.note) > LONGEST_NOTE:
        form.wrong["note"] = f"Keep to {LONGEST_NOTE} characters; these are {len(form.note)}."
    if form.when == "later":
        form.at = _moment(form)
    return form


def _moment(form: PublishForm) -> datetime | None:
    """Return the moment in UTC; a time that the clocks skip or that is no time is told."""
    try:
        local = datetime.strptime(f"{form.day} {form.time}", "%Y-%m-%d %H:%M").replace(tzinfo=formats.zone())
    except ValueError:
        form.wrong["at"] = "Choose a day and a time, as in 2026-01-31 and 06:00."
        return None
    at = local.astimezone(UTC)
    if at.astimezone(formats.zone()).replace(tzinfo=None) != local.replace(tzinfo=None):
        form.wrong["at"] = "The clocks go forward then: there is no such time on that day. Choose one an hour later."
    elif at <= utc_now():
        form.wrong["at"] = "That moment is past. Choose a later one, or publish now."
    elif at > utc_now() + timedelta(days=366):
        form.wrong["at"] = "Choose a moment within the next year."
    return at
