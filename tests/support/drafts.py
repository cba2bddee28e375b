"""An author's and an approver's view of the draft of the rules, over the API."""

import copy
from typing import Any

from werkzeug.test import TestResponse

from rules import seed_json
from tests.support.api import Api

DRAFT = "/v1/rules/draft"


def renamed(name: str) -> dict[str, Any]:
    """The rules of a new hub with the first rule named otherwise."""
    document = copy.deepcopy(seed_json())
    document["rules"][0]["name"] = name
    return document


class Drafter:
    """One API key at work on the draft; each call is made for the revision that the caller names."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def read(self) -> dict[str, Any]:
        """The draft as it is."""
        reply = self.api.get(DRAFT)
        assert reply.status_code == 200, reply.text
        assert reply.headers["ETag"] == f'"{reply.json["revision"]}"'
        return dict(reply.json)

    def revision(self) -> int:
        """The draft's revision now."""
        return int(self.read()["revision"])

    def save(self, document: Any, revision: int | None = None, **more: Any) -> TestResponse:
        """PUT the document for `revision`, by default the present one."""
        return self.api.client.put(DRAFT, json={"rule_set": document} | more, headers=self._headers(revision))

    def discard(self, revision: int | None = None) -> TestResponse:
        """DELETE what was written."""
        return self.api.client.delete(DRAFT, headers=self._headers(revision))

    def approve(self, revision: int | None = None) -> TestResponse:
        """Approve the draft."""
        return self.api.client.post(f"{DRAFT}/approve", headers=self._headers(revision))

    def publish(self, revision: int | None = None, **body: Any) -> TestResponse:
        """Publish the draft; the note is made up unless given."""
        body = {"note": "A new name"} | body
        return self.api.client.post(f"{DRAFT}/publish", json=body, headers=self._headers(revision))

    def saved_and_approved(self, name: str = "Another name") -> int:
        """A draft with a change that is approved; its revision."""
        saved = self.save(renamed(name))
        assert saved.status_code == 200, saved.text
        approved = self.approve(saved.json["revision"])
        assert approved.status_code == 200, approved.text
        return int(approved.json["revision"])

    def _headers(self, revision: int | None) -> dict[str, str]:
        number = self.revision() if revision is None else revision
        return {"Authorization": f"Bearer {self.api.api_key}", "If-Match": f'"{number}"'}
