"""A customer without script: opens checkout pages, fills in the form, goes to the provider's page and comes back."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.flow import open_session
from tests.support.sandbox import SandboxService


class Customer:
    """One browser; `session_id` is the checkout it was sent to."""

    def __init__(self, app: Flask, **session: Any) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            self.session_id = open_session(**({"locale": "en"} | session)).id

    @property
    def path(self) -> str:
        return f"/checkout/{self.session_id}"

    def look(self, query: str = "") -> TestResponse:
        """Open the page."""
        return self.client.get(self.path + query)

    def words(self) -> str:
        """What the page says, without its tags."""
        return words_of(self.look())

    def send(self, step: str, **form: str) -> TestResponse:
        """Press one of the page's buttons: pay, check or change."""
        return self.client.post(f"{self.path}/{step}", data=form)

    def pay(self, method: str = "card") -> str:
        """Choose a method, accept the terms and pay; the address of the provider's page."""
        reply = self.send("pay", method=method, accept_terms="yes")
        assert reply.status_code == 303, reply.text
        return reply.location

    def finish(self, sandbox: SandboxService, page_url: str, outcome: str) -> TestResponse:
        """Press a button of the provider's page and follow it back to the checkout."""
        parts = urlsplit(sandbox.press(page_url, outcome))
        return self.client.get(f"{parts.path}?{parts.query}", follow_redirects=True)


def words_of(reply: TestResponse) -> str:
    """The text of a page in one line."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>|<[^>]+>", " ", reply.text)
    return " ".join(html.unescape(body).split())


def methods_on(reply: TestResponse) -> list[str]:
    """The methods of the page, in its order."""
    return re.findall(r'name="method"[^>]*value="(\w+)"', reply.text)
