"""Headers, content policy, form tokens, rate limits and sign-in, for every page of the hub."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import Security, SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest

from app.models import Role, User, db
from app.services.texts import is_storable

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, default_limits=[], headers_enabled=True)
security = Security()


def init_security(app: Flask) -> None:
    """Protect the whole application: what is not allowed here does not happen."""
    config = app.config["JUNCTION"]
    shared = config.broker_url if config.broker_url.startswith("redis") else "memory://"
    app.config.update(
        RATELIMIT_STORAGE_URI=shared,
        RATELIMIT_STORAGE_OPTIONS={} if shared == "memory://" else {"socket_timeout": 1, "socket_connect_timeout": 1},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=shared != "memory://",
        SECURITY_PASSWORD_SALT=config.secret_key,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of an algorithm
        SECURITY_URL_PREFIX="/admin",
        SECURITY_POST_LOGIN_VIEW="/admin/",
        SECURITY_POST_LOGOUT_VIEW="/admin/login",
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page asks for the password a second time
        SECURITY_LOGOUT_METHODS=["POST"],  # a link must not sign anybody out
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=config.is_production,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    security.init_app(app, SQLAlchemyUserDatastore(db, User, Role))
    # Nobody signs in by a token. The stock loader would look for one in every body, before it is known who sent it.
    app.extensions["security"].login_manager.request_loader(lambda _request: None)
    app.before_request(_refuse_unstorable)
    app.after_request(_set_headers)


def allow_forms_to(origins: frozenset[str]) -> None:
    """Let this page's forms end at these origins: browsers hold a form's redirects to the policy too."""
    g.form_origins = origins


def _refuse_unstorable() -> None:
    """Refuse text that no database stores, wherever it stands; JSON bodies are checked where they are read."""
    texts = [request.path, *request.args.keys(), *request.args.values()]
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        texts += [*request.form.keys(), *request.form.values()]
    if not all(map(is_storable, texts)):
        raise BadRequest("The request holds a character that cannot be stored. Send plain text.")


def _set_headers(response: Response) -> Response:
    forms = " ".join(["'self'", *sorted(g.get("form_origins", ()))])
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if not request.path.startswith(("/static/", "/checkout/static/", "/admin/static/", "/docs/static/")):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
