"""An operator's view of the hub: signing in, reading pages as text, pressing buttons with the page's own token."""

import re
import secrets
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.models import Role, User, db
from app.services.transaction import transaction
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Operator:
    """A browser without script whose person is signed in."""

    def __init__(self, app: Flask, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD) -> None:
        self.client: FlaskClient = app.test_client()
        reply = sign_in(self.client, email, password)
        assert reply.status_code == 302, reply.text

    def get(self, path: str) -> TestResponse:
        """GET a page."""
        return self.client.get(path)

    def page(self, path: str) -> str:
        """The HTML of a page that must be there."""
        reply = self.client.get(path)
        assert reply.status_code == 200, (path, reply.status_code)
        return reply.text

    def words(self, path: str) -> str:
        """What a page says, without its markup."""
        return words(self.page(path))

    def press(self, path: str, **fields: str) -> TestResponse:
        """POST to `path` with a token of a page, any page."""
        return self.client.post(path, data={"csrf_token": token(self.client.get("/admin/none")), **fields})


def token(reply: TestResponse) -> str:
    """The form token of a page."""
    found = _TOKEN.search(reply.text)
    assert found is not None, reply.status_code
    return found[1]


def sign_in(client: FlaskClient, email: str, password: str, **fields: str) -> TestResponse:
    """Load the sign-in page and send its form; `fields` are added to it."""
    form = {"csrf_token": token(client.get("/admin/login")), "email": email, "password": password}
    return client.post("/admin/login", data=form | fields)


def add_person(app: Flask, email: str, *roles: str, active: bool = True) -> None:
    """Add a person with the password of the tests and these roles, known to the table or not."""
    with app.app_context(), transaction():
        known = {role.name: role for role in db.session.scalars(select(Role))}
        rows = [known.get(name) or Role(name=name) for name in roles]
        person = User(
            email=email, password=hash_password(ADMIN_PASSWORD), active=active, fs_uniquifier=secrets.token_hex(32)
        )
        person.roles = rows
        db.session.add(person)


def words(html: str) -> str:
    """The text of a page, tags and repeated blanks removed."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def paths_of(app: Flask, **ids: Any) -> list[tuple[str, frozenset[str]]]:
    """Every address of the backoffice, variables filled in, with its methods; sign-in and files left out."""
    public = {"security.login", "security.static", "backoffice.static"}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return [
            (adapter.build(rule.endpoint, {name: ids.get(name, 1) for name in rule.arguments}), frozenset(rule.methods))
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/admin") and rule.endpoint not in public
        ]
