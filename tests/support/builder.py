"""An author at the form of one rule: opened, filled in, and sent by its buttons, as without script."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import TestResponse

from app.services import drafts
from tests.support.backoffice import Operator, words
from tests.support.forms import Form

DRAFT = "/admin/rules/draft"


class Author:
    """A person at one form; `form` is what their browser shows now, `reply` the last answer."""

    def __init__(self, app: Flask, **person: str) -> None:
        self.app = app
        self.operator = Operator(app, **person)
        self.path = ""
        self.form = Form("")
        self.reply: TestResponse | None = None

    def open(self, path: str) -> "Author":
        """Open a form below the draft's address."""
        self.path = f"{DRAFT}/{path}"
        self.form = Form(self.operator.page(self.path))
        return self

    def press(self, do: str, **values: str) -> "Author":
        """Fill in fields (two underscores for a dot) and press a button; the answer is shown."""
        return self.send(self.form.fill(**values).pressed(do))

    def send(self, fields: list[tuple[str, str]]) -> "Author":
        """Send any fields."""
        self.reply = self.operator.client.post(
            self.path, data=urlencode(fields), content_type="application/x-www-form-urlencoded"
        )
        if self.reply.status_code < 300 or self.reply.status_code in (409, 422):
            self.form = Form(self.reply.text)
        return self

    def save(self, **values: str) -> TestResponse:
        """Press Save; the answer."""
        self.press("save", **values)
        assert self.reply is not None
        return self.reply

    @property
    def said(self) -> str:
        """What the last answer says."""
        assert self.reply is not None
        return words(self.reply.text)

    @property
    def status(self) -> int:
        """The status of the last answer."""
        assert self.reply is not None
        return self.reply.status_code


def draft_of(app: Flask) -> Any:
    """The draft as it is."""
    with app.app_context():
        return drafts.get_draft()


def change_draft(app: Flask, change: Any, author: str = "user:second@example.com") -> None:
    """Let another author change the draft's document."""
    with app.app_context():
        draft = drafts.get_draft()
        change(draft.document)
        drafts.save_draft(draft.document, revision=draft.revision, author=author, what="changed something")
