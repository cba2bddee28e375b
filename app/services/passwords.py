"""Passwords of the people who use the backoffice: made up once, or chosen by their owner."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from flask_security.utils import hash_password, verify_password

SHORTEST, LONGEST = 12, 200
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none is taken for another
_GROUPS, _EACH = 4, 5  # 99 bits


@dataclass(frozen=True)
class NewPassword:
    """Told to the administrator once, and never again; it is in no log, because `repr` leaves it out."""

    user_id: int
    email: str
    password: str

    def __repr__(self) -> str:
        return f"NewPassword(user_id={self.user_id})"


def made_up() -> str:
    """Return a new random password that can be read out: it is told once, and only its hash is kept."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(_EACH)) for _ in range(_GROUPS))


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return str(hash_password(_normal(password)))


def fits(password: str, stored: str) -> bool:
    """Tell whether this is the password of which `stored` is kept."""
    return bool(stored) and bool(verify_password(_normal(password), stored))


def fresh_sign_in() -> str:
    """Return what a person's sign-ins refer to from now on: those with the old one end."""
    return secrets.token_hex(32)


def fault_of(password: str) -> str | None:
    """Return what is wrong with a password that somebody chose, or None."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"Use {SHORTEST} to {LONGEST} characters."
    if len(set(password)) < 5:
        return "Use more different characters."
    return None


def _normal(password: str) -> str:
    """Return the password as signing in compares it: one letter can be typed in several ways."""
    return unicodedata.normalize("NFKD", password)
