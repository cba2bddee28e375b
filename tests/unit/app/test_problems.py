"""Problem documents: every refusal names its field; what nobody foresaw tells nothing."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import MethodNotAllowed, UnprocessableEntity

from app.api.problems import problem_of
from app.services.errors import AlreadyPaid, FieldRefused, MethodNotOffered, TermsNotAccepted
from rules import FieldError, InvalidFacts


def test_nested_schema_messages_become_paths() -> None:
    error = UnprocessableEntity()
    error.data = {  # type: ignore[attr-defined]  # where the schema library leaves them
        "messages": {"json": {"items": {1: {"name": ["Missing data for required field."]}}, "amount": ["Bad."]}}
    }
    problem = problem_of(error)
    assert problem.status == 422
    assert problem.errors == (("items[1].name", "Missing data for required field."), ("amount", "Bad."))


def test_facts_name_each_attribute() -> None:
    problem = problem_of(InvalidFacts((FieldError("attributes.channel", "must be one of online, app"),)))
    assert problem.to_json()["errors"] == [{"field": "attributes.channel", "message": "must be one of online, app"}]


@pytest.mark.parametrize(
    ("refusal", "status", "field"),
    [
        (TermsNotAccepted(), 422, "accept_terms"),
        (MethodNotOffered("crypto", ("card",)), 422, "method"),
        (FieldRefused("cursor", "Use the next_cursor of the page before."), 422, "cursor"),
        (AlreadyPaid(), 409, None),
    ],
)
def test_refusals_carry_status_field_and_fix(refusal: Exception, status: int, field: str | None) -> None:
    problem = problem_of(refusal)
    assert problem.status == status
    assert [name for name, _ in problem.errors] == ([field] if field else [])
    assert len(problem.detail) > 20


def test_the_unforeseen_tells_no_secret() -> None:
    problem = problem_of(RuntimeError("password=hunter2"))
    assert problem.status == 500
    assert "hunter2" not in str(problem.to_json())


def test_http_errors_keep_their_status() -> None:
    assert problem_of(MethodNotAllowed()).code == "method_not_allowed"
