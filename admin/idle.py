"""Ends a sign-in that nobody has used for a while, on the server's side."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, session
from flask_login import logout_user, user_logged_in
from flask_security import current_user

IDLE_MINUTES = 30
_SEEN = "backoffice_seen_at"  # seconds since 1970, written at most once a minute


def init_idle(app: Flask) -> None:
    """Start the clock at each sign-in."""
    user_logged_in.connect(_start, app)


def _start(_app: Flask, **_details: Any) -> None:
    session[_SEEN] = int(time.time())


def is_signed_in() -> bool:
    """Tell whether an active person is signed in and was here within IDLE_MINUTES; sign out one who was not."""
    if not (current_user.is_authenticated and current_user.active):
        return False
    now, seen = int(time.time()), session.get(_SEEN)
    if not isinstance(seen, int) or now - seen > IDLE_MINUTES * 60:
        session.pop(_SEEN, None)
        logout_user()
        return False
    if now - seen >= 60:
        session[_SEEN] = now
    return True
