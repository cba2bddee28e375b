"""Publishing rules under traffic: every process takes the new version up at once, and no request fails meanwhile."""

import copy
import threading
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from rules import seed_json
from tests.support.api import session_body
from tests.support.stack import Stack

NAME = "Italian consumers"


def renamed(version: int) -> dict[str, Any]:
    """The seed with its Italian rule named after the version, so that a decision shows which rules it came from."""
    document = copy.deepcopy(seed_json())
    [rule] = [rule for rule in document["rules"] if rule["name"] == NAME]
    rule["name"] = f"{NAME} {version}"
    return document


@pytest.mark.timeout(200)
def test_no_request_fails_and_every_decision_names_the_version_it_came_from(stack: Stack) -> None:
    answers: list[tuple[int, Any]] = []
    over = threading.Event()

    def ask() -> tuple[int, Any]:
        reply = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4()))
        return reply.status_code, reply.json().get("decision")

    def traffic() -> None:
        while not over.is_set():
            answers.append(ask())

    threads = [threading.Thread(target=traffic, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    first = stack.api("GET", "/v1/rules/versions").json()["active"]
    try:
        for version in range(first + 1, first + 5):
            stack.publish(renamed(version))
            for _ in range(12):  # more than there are web processes: none still decides by the old version
                rule = {"id": "rule_italy", "name": f"{NAME} {version}"}
                assert ask() == (201, {"version": version, "rule": rule, "arm": None})
    finally:
        over.set()
    for thread in threads:
        thread.join(30)

    assert {status for status, _ in answers} == {201}
    seen = Counter((decision["version"], decision["rule"]["name"]) for _, decision in answers)
    for version, name in seen:
        assert name == (f"{NAME} {version}" if version > first else NAME), "rules and version do not belong together"
    assert len(seen) >= 4, seen
    stack.command("rules", "activate", str(first))
    assert ask()[1]["version"] == first, "going back to an earlier version was not taken up"
