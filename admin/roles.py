"""Who may do what in the backoffice: one table of permissions, one of roles."""

from __future__ import annotations

from flask_security import current_user

PERMISSIONS: dict[str, str] = {
    "backoffice.use": "Sign in, search, and choose how the pages look.",
    "payments.view": "See payments, checkout sessions and why each method was offered.",
    "payments.settle": "Ask a provider what became of a payment.",
    "payments.refund": "Give money back, up to the amount above which somebody else must agree.",
    "refunds.approve": "Agree to a refund that somebody else asked for.",
    "subscriptions.view": "See subscriptions and their renewals.",
    "subscriptions.manage": "Change and cancel subscriptions, and collect their renewals.",
    "links.view": "See payment links.",
    "links.manage": "Make, send and revoke payment links.",
    "messages.view": "See what was sent to customers.",
    "messages.edit": "Change the wording of messages, and send one again.",
    "webhooks.view": "See which events merchants' systems were told of.",
    "webhooks.manage": "Register webhook endpoints, and tell them again.",
    "reconciliation.view": "See what no program may decide, and where a provider's books differ from ours.",
    "reconciliation.resolve": "Decide it, with a note.",
    "settings.edit": "Set how renewals are retried, and above which amount a refund needs two people.",
    "rules.view": "Read the rules and their figures.",
    "rules.edit": "Write in the draft of the rules, check it, try it and replay it.",
    "rules.approve": "Approve a draft that somebody else wrote.",
    "rules.publish": "Publish an approved draft, and go back to an earlier version.",
    "attributes.edit": "Declare and retire the merchant's own attributes.",
    "people.manage": "Add people and say what each may do.",
    "alerts.view": "See alerts.",
    "alerts.resolve": "Mark an alert as dealt with.",
    "providers.view": "See the provider accounts and what they support.",
    "providers.edit": "Add, change, test and switch provider accounts, their keys and their methods.",
    "jobs.view": "See background work that is stuck.",
    "jobs.retry": "Let failed background work run again.",
}

_VIEW = frozenset(name for name in PERMISSIONS if name.endswith(".view")) | {"backoffice.use"}
_RULES = frozenset({"backoffice.use", "payments.view", "rules.view", "providers.view"})

ROLES: dict[str, frozenset[str]] = {
    "administrator": frozenset(PERMISSIONS),
    "operator": _VIEW
    | {
        "payments.settle",
        "payments.refund",
        "refunds.approve",
        "subscriptions.manage",
        "links.manage",
        "messages.edit",
        "reconciliation.resolve",
        "alerts.resolve",
        "jobs.retry",
    },
    "rules_author": _RULES | {"rules.edit", "rules.approve", "rules.publish", "attributes.edit"},
    "rules_approver": _RULES | {"rules.approve", "rules.publish"},
    "viewer": _VIEW - {"jobs.view", "messages.view"},
}


def granted() -> frozenset[str]:
    """Return the permissions of the person signed in; a role that is not in the table grants nothing."""
    if not (current_user.is_authenticated and current_user.active):
        return frozenset()
    return frozenset().union(*(ROLES.get(role.name, frozenset()) for role in current_user.roles))


def may(permission: str) -> bool:
    """Tell whether the person signed in has this permission."""
    return permission in granted()
