"""Who may do what in the backoffice: one table of permissions, one of roles."""

from __future__ import annotations

from flask_security import current_user

PERMISSIONS: dict[str, str] = {
    "backoffice.use": "Sign in, search, and choose how the pages look.",
    "payments.view": "See payments, checkout sessions and why each method was offered.",
    "payments.settle": "Ask a provider what became of a payment.",
    "rules.view": "Read the rules.",
    "alerts.view": "See alerts.",
    "alerts.resolve": "Mark an alert as dealt with.",
    "providers.view": "See the provider accounts and what they support.",
    "jobs.view": "See background work that is stuck.",
    "jobs.retry": "Let failed background work run again.",
}

_VIEW = frozenset(name for name in PERMISSIONS if name.endswith(".view")) | {"backoffice.use"}

ROLES: dict[str, frozenset[str]] = {
    "administrator": frozenset(PERMISSIONS),
    "operator": _VIEW | {"payments.settle", "alerts.resolve", "jobs.retry"},
    "rules_author": frozenset({"backoffice.use", "payments.view", "rules.view", "providers.view"}),
    "viewer": _VIEW - {"jobs.view"},
}


def granted() -> frozenset[str]:
    """Return the permissions of the person signed in; a role that is not in the table grants nothing."""
    if not (current_user.is_authenticated and current_user.active):
        return frozenset()
    return frozenset().union(*(ROLES.get(role.name, frozenset()) for role in current_user.roles))


def may(permission: str) -> bool:
    """Tell whether the person signed in has this permission."""
    return permission in granted()
