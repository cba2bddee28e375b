"""Signing in: Flask-Security's own view, slowed down for guessers, with our page and only ways back inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from admin.idle import is_signed_in
from admin.kept import brought, restore_page
from admin.shell import bare_shell
from app.security import limiter, security

BY_ADDRESS = "10 per minute"
BY_ACCOUNT = "20 per hour"
_INSIDE = re.compile(r"/admin(/[\w./-]*)?(\?[\w.=&%+:@-]*)?", re.ASCII)


def is_inside(address: str) -> bool:
    """Tell whether an address given by a browser leads to a page of the backoffice, and nowhere else."""
    return len(address) <= 2000 and "//" not in address and _INSIDE.fullmatch(address) is not None


def init_login(app: Flask) -> None:
    """Put our page and limits on the sign-in of Flask-Security."""
    app.config["SECURITY_LOGIN_USER_TEMPLATE"] = "backoffice/login.html"
    security.login_context_processor(lambda: {"shell": bare_shell(), "kept": brought()})
    view = _only_our_form(app.view_functions["security.login"])
    for limit, key in ((BY_ACCOUNT, _account), (BY_ADDRESS, get_remote_address)):
        view = limiter.limit(limit, key_func=key, methods=["POST"])(view)
    app.view_functions["security.login"] = view


def _account() -> str:
    return f"sign-in:{request.form.get('email', '').strip().lower()[:254]}"


def _only_our_form(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def login() -> ResponseReturnValue:
        if request.is_json or "remember" in request.form:
            abort(400, "Sign in with the form.")
        backs = [*request.args.getlist("next"), *request.form.getlist("next")]
        if not all(is_inside(back) for back in backs if back):
            return redirect(url_for("security.login"))
        answer: ResponseReturnValue = view()
        kept = brought() if request.method == "POST" else None
        return (restore_page(kept) if kept and is_signed_in() else None) or answer

    return login
