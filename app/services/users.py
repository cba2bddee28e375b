"""How people prove who they are: the configured operator, a password made up for somebody, and one's own choice."""

from __future__ import annotations

import structlog

from app.domain.roles import ADMINISTRATOR
from app.models import User, db
from app.services import passwords, people
from app.services.errors import FieldsRefused
from app.services.inserts import insert_once
from app.services.passwords import NewPassword, fresh_sign_in
from app.services.transaction import transaction

log = structlog.get_logger()


def ensure_operator(email: str, password: str) -> None:
    """Make sure that the configured person can sign in as an administrator with the configured password.

    What was done to that account in the backoffice since stays: only another configured password is set anew.
    """
    user = people.find(email)
    if user is not None and passwords.fits(password, user.configured_password or ""):
        db.session.rollback()
        return
    stored = passwords.hashed(password)
    with transaction():
        if user is None:
            values = {"email": email, "password": stored, "active": True, "fs_uniquifier": fresh_sign_in()}
            insert_once(User, values, unique=["email"])
        user = people.locked(people.by_email(email).id)
        if not passwords.fits(password, user.password):
            user.password, user.fs_uniquifier = stored, fresh_sign_in()  # ends every sign-in with the old password
        user.configured_password = stored
        if not people.is_administrator(user):
            user.roles.append(people.role_row(ADMINISTRATOR))


def new_password(user_id: int, *, by: int | None) -> NewPassword:
    """Make up a new password for somebody, which ends their sign-ins. Raises NotFound, OwnAccess."""
    if user_id == by:
        raise people.OwnAccess
    made = passwords.made_up()
    stored = passwords.hashed(made)
    with transaction():
        user = people.locked(user_id)
        user.password, user.fs_uniquifier = stored, fresh_sign_in()
        given = NewPassword(user.id, user.email, made)
    log.info("password_made", person=user_id, by=by)
    return given


def change_own_password(user_id: int, *, current: str, new: str) -> None:
    """Let somebody choose their password, which ends their sign-ins elsewhere. Raises FieldsRefused."""
    user = people.get_person(user_id)
    known, email = user.password, user.email
    db.session.rollback()  # comparing takes a while
    faults = {}
    if not passwords.fits(current, known):
        faults["current"] = "This is not your password now."
    if (fault := passwords.fault_of(new)) is not None:
        faults["new"] = fault
    elif new in (current, email):
        faults["new"] = "Choose another one: not the old one, and not your address."
    if faults:
        raise FieldsRefused(faults)
    stored = passwords.hashed(new)
    with transaction():
        user = people.locked(user_id)
        if user.password != known:
            raise FieldsRefused({"current": "Your password was changed meanwhile. Sign in with the new one."})
        user.password, user.fs_uniquifier = stored, fresh_sign_in()
    log.info("password_changed", person=user_id)
