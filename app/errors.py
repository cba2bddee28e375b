"""One handler for everything that goes wrong: a problem for programs, a page for people, never a stack trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.api.problems import problem_of
from app.checkout.errors import render_error_page
from app.models import db
from app.services.errors import Refusal

log = structlog.get_logger()

ErrorPage = Callable[[int, str, str], ResponseReturnValue]  # (status, title, text) -> the page
FOR_PROGRAMS = ("/v1/", "/healthz", "/readyz", "/metrics")


def init_errors(app: Flask) -> None:
    """Send every error through `_answer`; ERROR_PAGES holds the page of each path prefix, the longest that fits."""
    register_error_page(app, "/", render_error_page)
    app.register_error_handler(Exception, _answer)


def register_error_page(app: Flask, prefix: str, page: ErrorPage) -> None:
    """Show errors under the path `prefix` with `page`; the longest prefix that fits is used."""
    app.config["ERROR_PAGES"][prefix] = page


def _answer(error: Exception) -> Any:
    if isinstance(error, HTTPException) and error.response is not None:
        return error.response  # a redirect, or an answer made on purpose
    db.session.rollback()
    problem = problem_of(error)
    if problem.status >= 500:
        unforeseen = None if isinstance(error, Refusal) else error
        log.error("request_failed", path=request.path, method=request.method, code=problem.code, exc_info=unforeseen)
    if request.path.startswith(FOR_PROGRAMS):
        return _with_headers(problem.response(), error)
    pages: dict[str, ErrorPage] = current_app.config["ERROR_PAGES"]
    for prefix in sorted((known for known in pages if request.path.startswith(known)), key=len, reverse=True):
        return _with_headers(make_response(pages[prefix](problem.status, problem.title, problem.detail)), error)
    return _with_headers(problem.response(), error)


def _with_headers(response: Any, error: Exception) -> Any:
    """Keep what an HTTP error says in its headers (Allow, Retry-After), with our own body."""
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers.setdefault(name, value)
    return response
