"""The OpenAPI document: valid, complete, and kept by every answer that generated requests can provoke."""

from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.api import Api
from tests.support.hub import API_KEY, Databases, config_for, running
from tests.support.sandbox import SandboxService

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_app(
    request: pytest.FixtureRequest,
    databases: Databases,
    sandbox_service: SandboxService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """One hub that takes every generated request."""
    folder = tmp_path_factory.mktemp("hub")
    with databases.fresh(request.param) as url, running(config_for(folder, url, sandbox_service.url)) as app:
        yield app


@pytest.fixture(scope="module")
def api_schema(shared_app: Flask) -> schemathesis.BaseSchema:
    """The document as the hub serves it."""
    return schemathesis.openapi.from_wsgi("/v1/openapi.json", shared_app)


def test_no_request_breaks_the_api_or_its_promises(api_schema: schemathesis.BaseSchema) -> None:
    """Schemathesis makes up requests, good and bad, for each operation in turn."""
    broken = []
    tried = 0
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
        def hold(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {API_KEY}"}, checks=CHECKS)

        try:
            hold()
        except (FailureGroup, Failure) as failure:  # the other operations are worth trying all the same
            broken.append(f"{operation.label}: {failure}")
        tried += 1
    assert not broken, "\n\n".join(broken)
    assert tried >= 10


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_document_is_valid_and_says_how_each_operation_refuses(api: Api) -> None:
    document = api.client.get("/v1/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    for path, operations in document["paths"].items():
        moves_money = path.endswith(("/sessions", "/pay", "}/refunds", "/payment-links", "/retry"))
        parameters = [operations.get("parameters"), operations.get("post", {}).get("parameters")]
        assert ("Idempotency-Key" in str(parameters)) is moves_money, path
        for verb, operation in operations.items():
            if verb in ("get", "post", "put", "delete"):
                name = f"{verb} {path}"
                assert operation["summary"], name
                assert "401" in operation["responses"], name
                refusals = [code for code in operation["responses"] if code.startswith("4")]
                assert all("Problem" in str(operation["responses"][code]) for code in refusals), name
