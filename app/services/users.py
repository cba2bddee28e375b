"""Operators: who may use the backoffice."""

from __future__ import annotations

import secrets

from flask_security.utils import hash_password, verify_password
from sqlalchemy import select

from app.models import Role, User, db
from app.services.transaction import transaction

ADMINISTRATOR = "administrator"


def ensure_operator(email: str, password: str) -> None:
    """Make sure that this person can sign in with this password as an administrator."""
    with transaction():
        role = db.session.scalar(select(Role).where(Role.name == ADMINISTRATOR))
        if role is None:
            role = Role(name=ADMINISTRATOR, description="May do everything.")
            db.session.add(role)
        user = db.session.scalar(select(User).where(User.email == email))
        if user is None:
            user = User(email=email, password="", active=True, fs_uniquifier=secrets.token_hex(32))
            db.session.add(user)
        if not user.password or not verify_password(password, user.password):
            user.password = hash_password(password)
            user.fs_uniquifier = secrets.token_hex(32)  # ends every session opened with the old password
        if role not in user.roles:
            user.roles.append(role)
