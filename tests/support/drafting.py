"""People at work on the draft in the backoffice: what their pages' buttons post."""

import re
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.services import drafts, rule_sets
from rules import seed_json
from tests.support.backoffice import Operator, add_person

DRAFT = "/admin/rules/draft/"
REVIEW = "/admin/rules/draft/review/"
SEED = [rule["id"] for rule in seed_json()["rules"]]


class Author(Operator):
    """Somebody who may write rules, and sees the draft's pages."""

    def __init__(self, app: Flask, email: str = "anna@example.com", *roles: str) -> None:
        add_person(app, email, *(roles or ("rules_author",)))
        super().__init__(app, email)
        self.app = app

    def revision(self) -> str:
        """The revision that the draft's pages carry now."""
        with self.app.app_context():
            return str(drafts.get_draft().revision)

    def change(self, do: str, id_: str, revision: str | None = None, **fields: str) -> TestResponse:
        """Press a button of a rule's card."""
        form = {"do": do, "id": id_, "subject": "rule", "nth": "0"} | fields
        return self.press(f"{DRAFT}change", revision=revision or self.revision(), **form)

    def post(self, path: str, revision: str | None = None, **fields: str) -> TestResponse:
        """Press a button that belongs to the whole draft."""
        return self.press(path, revision=revision or self.revision(), **fields)

    def rules(self) -> list[dict[str, Any]]:
        """The draft's rules as they are stored."""
        with self.app.app_context():
            return list(drafts.get_draft().document["rules"])

    def ids(self) -> list[str]:
        """The ids of the draft's rules in order."""
        return [rule["id"] for rule in self.rules()]


def active(app: Flask) -> int:
    """The number of the active version."""
    with app.app_context():
        return rule_sets.active_number()


def form_of(reply: TestResponse, action: str) -> dict[str, str]:
    """The named values of the form with this action: hidden fields, and its last button."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', reply.text, re.S)
    assert found is not None, action
    return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found[1])}
