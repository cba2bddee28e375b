"""How a refusal of the API has to look."""

from werkzeug.test import TestResponse


def assert_problem(reply: TestResponse, status: int, field: str | None, fix: str) -> None:
    """The answer is a problem document of this status that names the field and says how to put it right."""
    assert reply.status_code == status, reply.text
    assert reply.content_type == "application/problem+json"
    problem = reply.json
    assert problem["status"] == status
    assert problem["title"]
    assert problem["code"]
    said = problem["detail"]
    if field is not None:
        said = " ".join(error["message"] for error in problem["errors"] if error["field"] == field)
        assert said, problem["errors"]
    assert fix.lower() in said.lower(), said
    assert "Traceback" not in reply.text
