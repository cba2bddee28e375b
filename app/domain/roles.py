"""The roles that a person can have in the backoffice: what each is called, and what for, in words."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class RoleWords:
    """How a role is shown; what it may do is in the backoffice's table of permissions."""

    label: str
    description: str


ROLES: dict[str, RoleWords] = {
    ADMINISTRATOR: RoleWords("Administrator", "May do everything, and says what others may do."),
    "operator": RoleWords("Operator", "Looks after payments, alerts and background work."),
    "rules_author": RoleWords("Rules author", "Writes rules and attributes, approves what others wrote, publishes."),
    "rules_approver": RoleWords("Rules approver", "Reads the rules, approves what others wrote, publishes."),
    "viewer": RoleWords("Viewer", "Sees payments, rules and alerts, and changes nothing."),
}
