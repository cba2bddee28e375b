"""What every page of the backoffice shows around its content: navigation, test-mode banner, person, look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_security import current_user
from sqlalchemy import ColumnElement, func, select

from admin.idle import is_signed_in
from admin.reading import language
from admin.roles import granted
from app.domain.review import KINDS
from app.models import Alert, db
from app.services import accounts
from rules.languages import LANGUAGES

THEMES = {"auto": "As the device", "light": "Light", "dark": "Dark"}
THEME_COOKIE = "backoffice_theme"
MOST = 99  # a badge never counts further


@dataclass(frozen=True)
class Link:
    """One line of the navigation; `area` is what its pages have in common at the start of their endpoint.

    `also` are other such areas whose pages belong to it.
    """

    label: str
    endpoint: str
    icon: str
    permission: str
    also: tuple[str, ...] = ()

    @property
    def area(self) -> str:
        return self.endpoint.split(".")[0]


RULES = ("admin_draft", "admin_builder", "admin_review", "admin_replays")
NAVIGATION: tuple[tuple[str, tuple[Link, ...]], ...] = (
    ("", (Link("Dashboard", "admin.index", "home", "payments.view"),)),
    (
        "Payments",
        (
            Link("Payments", "admin_payments.index", "card", "payments.view"),
            Link("Refunds", "admin_refunds.index", "back", "payments.view", ("admin_bulk_refunds",)),
            Link("Subscriptions", "admin_subscriptions.index", "repeat", "subscriptions.view"),
            Link("Payment links", "admin_links.index", "link", "links.view"),
            Link("Checkout sessions", "admin_sessions.index", "basket", "payments.view"),
        ),
    ),
    (
        "Checks",
        (
            Link("Review", "admin_queue.index", "fork", "reconciliation.view"),
            Link("Reconciliation", "admin_reconciliation.index", "scales", "reconciliation.view"),
            Link("Alerts", "admin_alerts.index", "bell", "alerts.view"),
            Link("Background work", "admin_jobs.index", "gear", "jobs.view"),
        ),
    ),
    (
        "Checkout",
        (
            Link("Rules", "admin_rules.index", "rules", "rules.view", RULES),
            Link("Attributes", "admin_attributes.index", "tag", "rules.view"),
            Link("Experiments", "admin_experiments.index", "split", "rules.view"),
        ),
    ),
    (
        "Connections",
        (
            Link("Providers", "admin_providers.index", "plug", "providers.view"),
            Link("Messages", "admin_messages.index", "mail", "payments.view", ("admin_mailbox", "admin_wording")),
            Link("Webhooks", "admin_webhooks.index", "share", "webhooks.view"),
        ),
    ),
    (
        "Configuration",
        (
            Link("People", "admin_people.index", "people", "people.manage"),
            Link("Settings", "admin_settings.index", "sliders", "settings.edit"),
        ),
    ),
)

BADGES = {"admin_alerts": Alert.kind.not_in(KINDS), "admin_queue": Alert.kind.in_(KINDS)}  # which alerts each counts


def render_page(template: str, **context: Any) -> str:
    """Render a page in the shell; somebody who is not signed in sees it without navigation."""
    return render_template(template, shell=_shell(), **context)


def bare_shell() -> dict[str, Any]:
    """Return the shell of a page for somebody unknown, which reads nothing from the database."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    config = current_app.config["JUNCTION"]
    return {
        "name": config.theme.name,
        "demo": config.demo,
        "theme": theme if theme in THEMES else "auto",
        "themes": THEMES,
        "language": language(),
        "languages": LANGUAGES,
        "person": None,
        "here": request.full_path.rstrip("?"),
    }


def _shell() -> dict[str, Any]:
    bare = bare_shell()
    if not is_signed_in():
        return bare
    permissions = granted()
    return bare | {
        "person": current_user.email,
        "roles": ", ".join(role.name.replace("_", " ") for role in current_user.roles),
        "permissions": permissions,
        "navigation": _navigation(permissions),
        "test_mode": _test_mode(),
        "docs": "/docs",
    }


def _navigation(permissions: frozenset[str]) -> list[tuple[str, list[dict[str, Any]]]]:
    here = (request.endpoint or "").split(".")[0]
    sections = []
    for title, links in NAVIGATION:
        shown = [
            {
                "label": link.label,
                "url": url_for(link.endpoint),
                "icon": link.icon,
                "active": here in (link.area, *link.also),
            }
            | ({"badge": _open_alerts(BADGES[link.area])} if link.area in BADGES else {})
            for link in links
            if link.permission in permissions
        ]
        if shown:
            sections.append((title, shown))
    return sections


def _open_alerts(which: ColumnElement[bool]) -> str:
    few = select(Alert.id).where(Alert.resolved_at.is_(None), which).limit(MOST + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(few)) or 0
    return f"{MOST}+" if count > MOST else str(count or "")


def _test_mode() -> str:
    """Say which enabled accounts move no real money; empty when every one is live."""
    enabled = [account for account in accounts.all_accounts() if account.enabled]
    test = [account.label for account in enabled if not account.live]
    if not test:
        return ""
    if len(test) == len(enabled):
        return "Test mode: no real money moves."
    return f"Partly in test mode: no real money moves through {' and '.join(test)}."
