"""The hub's application factory: state and decisions about money."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import logs, security
from app.api import register_api
from app.checkout import register_checkout
from app.cli import register_commands
from app.config import Config, load
from app.database import init_database
from app.errors import init_errors


def create_app(config: Config | None = None) -> Flask:
    """Return the application for merchants and customers; `wsgi.py` adds the backoffice."""
    config = config or load()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        JUNCTION=config,
        ERROR_PAGES={},
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_production,
        TESTING=config.environment == "test",
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # how Flask documents it
    logs.init_logs(config)
    init_database(app, config)
    security.init_security(app)
    register_api(app)
    register_checkout(app)
    init_errors(app)
    register_commands(app)
    return app
