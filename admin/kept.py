"""What somebody wrote in a form of the rules while their sign-in was lost: carried in the page, stored nowhere."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import HTTPException

from admin.errors import render_admin_error, render_lost_sign_in, render_stale_form
from admin.idle import is_signed_in
from admin.shell import bare_shell, render_page

LARGEST = 512 * 1024  # bytes of what is kept
NOT_KEPT = ("csrf_token", "do")  # a token is stale by then, and no button is pressed in somebody's name
PREFIX = "/admin/rules/"
SAID = {400: "The page was open for too long. Sign in again.", 429: "Too many tries. Wait a minute, then sign in."}


def keep() -> str | None:
    """Return what this request posted, as one text for a hidden field; None where there is nothing to keep."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
    if not fields or not _from_here() or request.files or not _keeps_work(request.path):
        return None
    text = json.dumps({"path": request.path, "fields": fields}, ensure_ascii=False)
    return text if len(text.encode()) <= LARGEST else None


def brought() -> str | None:
    """Return what a sign-in form carries along, if it is what `keep` made; anything else is dropped."""
    text = request.form.get("kept", "")
    return text if _read(text) is not None else None


def sign_in_page() -> ResponseReturnValue | None:
    """Return the sign-in page that carries what was posted; None where nothing is kept."""
    kept = keep()
    return None if kept is None else _sign_in(kept, 401)


def restore_page(text: str) -> ResponseReturnValue | None:
    """Return the page whose one button posts what was kept to where it came from, which shows it, unsaved."""
    found = _read(text)
    if found is None:
        return None
    path, fields = found
    return make_response(render_page("backoffice/kept.html", path=path, fields=fields))


def error_page(status: int, title: str, text: str) -> ResponseReturnValue:
    """Return the page of an error; a form whose token ran out is kept if it may be, or else told of as what it is."""
    if status == 400 and request.method == "POST" and not _token_holds():
        kept = keep()
        if kept is not None:
            page = restore_page(kept) if is_signed_in() else sign_in_page()
            if page is not None:
                return page
        return render_stale_form() if is_signed_in() else render_lost_sign_in()
    return render_admin_error(status, title, text)


def sign_in_error_page(status: int, title: str, text: str) -> ResponseReturnValue:
    """Return the page of an error while signing in: what is carried along is not lost over it."""
    kept = brought() if request.method == "POST" and status in SAID else None
    return render_admin_error(status, title, text) if kept is None else _sign_in(kept, status)


def _sign_in(kept: str, status: int) -> ResponseReturnValue:
    page = render_template(
        "backoffice/login.html", shell=bare_shell(), kept=kept, login_user_form=None, said=SAID.get(status, "")
    )
    return make_response(page, status)


def _read(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    if not text or len(text.encode(errors="replace")) > LARGEST:
        return None
    try:
        kept = json.loads(text)
        path, fields = kept["path"], [(name, value) for name, value in kept["fields"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(path, str) or not all(isinstance(part, str) for field in fields for part in field):
        return None
    return (path, fields) if _keeps_work(path) else None


def _keeps_work(path: str) -> bool:
    """Tell whether a form may be posted to this path again: its handler says so."""
    if not path.startswith(PREFIX) or "//" in path or len(path) > 2_000:
        return False
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(path, method="POST")
    except HTTPException:
        return False
    handler: Any = current_app.view_functions[endpoint]
    return bool(getattr(handler, "keeps_work", False))


def _from_here() -> bool:
    """Tell whether the form was posted from a page of this hub: a stranger's page must put nothing before anybody."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _token_holds() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValueError:  # what the library raises is one
        return False
    return True
