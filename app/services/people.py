"""The people who use the backoffice: added, given a role, switched off and on; one administrator always remains."""

from __future__ import annotations

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from app.domain.roles import ADMINISTRATOR, ROLES
from app.models import Role, User, db
from app.services import draft_withdrawals, passwords
from app.services.errors import FieldsRefused, NotFound, Refusal
from app.services.inserts import insert_once
from app.services.passwords import NewPassword, fresh_sign_in
from app.services.transaction import transaction

log = structlog.get_logger()

LONGEST_EMAIL = 254


class LastAdministrator(Refusal):
    code = "last_administrator"

    @property
    def message(self) -> str:
        return "This is the last active administrator. Make somebody else an administrator first."


class OwnAccess(Refusal):
    code = "own_access"

    @property
    def message(self) -> str:
        return "Nobody takes away their own access: ask another administrator."


def list_people() -> list[User]:
    """Return everybody, those who can sign in first, by address."""
    return list(db.session.scalars(select(User).order_by(User.active.desc(), func.lower(User.email))))


def get_person(user_id: int) -> User:
    """Return one person. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("person", str(user_id))
    return user


def by_email(email: str) -> User:
    """Return the person who signs in with this address. Raises NotFound."""
    user = find(email)
    if user is None:
        raise NotFound("person", email)
    return user


def find(email: str) -> User | None:
    """Return the person who signs in with this address, if any."""
    user: User | None = db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    return user


def add_person(email: str, role: str, *, by: int | None) -> NewPassword:
    """Add somebody with one role and a password made up for them; `by` is who adds them, None the command line.

    Raises FieldsRefused.
    """
    faults = {}
    address = _address(email)
    if address is None:
        faults["email"] = "Write an e-mail address such as anna@shop.example."
    if role not in ROLES:
        faults["role"] = "Choose one of the roles."
    if address is None or faults:
        raise FieldsRefused(faults)
    password = passwords.made_up()
    stored = passwords.hashed(password)  # slow on purpose, so before the transaction
    with transaction():
        values = {"email": address, "password": stored, "active": True, "fs_uniquifier": fresh_sign_in()}
        if find(address) is not None or not insert_once(User, values, unique=["email"]):
            raise FieldsRefused({"email": f"{address} is here already."})
        user = by_email(address)
        user.roles = [role_row(role)]
        added = NewPassword(user.id, address, password)
    log.info("person_added", person=added.user_id, role=role, by=by)
    return added


def change_role(user_id: int, role: str, *, by: int | None) -> None:
    """Give somebody this role in place of those they have; another role ends what they approved of the draft.

    Raises NotFound, FieldsRefused, OwnAccess, LastAdministrator.
    """
    if role not in ROLES:
        raise FieldsRefused({"role": "Choose one of the roles."})
    with transaction():
        user = locked(user_id)
        if role != ADMINISTRATOR and is_administrator(user):
            _refuse_without_administrator(user, by)
        if [held.name for held in user.roles] != [role]:
            user.roles = [role_row(role)]
            _end_approvals(user)
    log.info("role_changed", person=user_id, role=role, by=by)


def switch(user_id: int, active: bool, *, by: int | None) -> None:
    """Let somebody sign in, or no longer: then what they have open, and approved of the draft, ends at once.

    Raises NotFound, OwnAccess, LastAdministrator.
    """
    with transaction():
        user = locked(user_id)
        if not active:
            _refuse_without_administrator(user, by)
        if user.active is not active:
            user.active, user.fs_uniquifier = active, fresh_sign_in()
        if not active:
            _end_approvals(user)
    log.info("person_switched", person=user_id, active=active, by=by)


def is_administrator(user: User) -> bool:
    """Tell whether the person has the administrator's role, switched off or not."""
    return any(role.name == ADMINISTRATOR for role in user.roles)


def locked(user_id: int) -> User:
    """Return the person as the database has them; who changes people does it one after the other."""
    role_row(ADMINISTRATOR, lock=True)
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound("person", str(user_id))
    return user


def _end_approvals(user: User) -> None:
    draft_withdrawals.withdraw(f"user:{user.email}")


def _refuse_without_administrator(user: User, by: int | None) -> None:
    if user.id == by:
        raise OwnAccess
    others = select(User.id).where(User.active, User.id != user.id, User.roles.any(Role.name == ADMINISTRATOR)).limit(1)
    if user.active and is_administrator(user) and db.session.scalar(others) is None:
        raise LastAdministrator


def role_row(name: str, *, lock: bool = False) -> Role:
    """Return a role, made if it is not there; with `lock`, for the rest of the caller's transaction."""
    insert_once(Role, {"name": name, "description": ROLES[name].description}, unique=["name"])
    query = select(Role).where(Role.name == name)
    role: Role = db.session.scalars(query.with_for_update() if lock else query).one()
    return role


def _address(email: str) -> str | None:
    """Return the address in small letters, or None when it is none."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.lower() if len(checked.normalized) <= LONGEST_EMAIL else None
