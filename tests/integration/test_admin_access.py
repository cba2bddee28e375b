"""Nobody gets into the backoffice unless a role in the table says so."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask_admin import expose

from admin.base import Backoffice, HubView, needs
from admin.idle import IDLE_MINUTES
from admin.roles import PERMISSIONS, ROLES
from app.models import utc_now
from tests.support.backoffice import Operator, add_person, paths_of, sign_in
from tests.support.hub import ADMIN_PASSWORD


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Who may enter does not depend on the kind of database."""
    return str(request.param)


def _paths(app: Flask) -> list[tuple[str, frozenset[str]]]:
    paths = paths_of(app, payment_id="pay_x", session_id="cs_x", alert_id="alert_x", job_id="job_x")
    assert len(paths) >= 15
    return paths


def test_every_address_refuses_strangers(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # the token must not be what keeps them out
    client = app.test_client()
    for path, methods in _paths(app):
        for method in ("GET", "POST", "PUT", "DELETE"):
            reply = client.open(path, method=method)
            if path == "/admin/logout":
                assert reply.status_code in (302, 405)
            elif method in methods:
                assert reply.status_code == 302, (method, path)
                assert reply.location.startswith("/admin/login"), (method, path)
            else:
                assert reply.status_code == 405, (method, path)


@pytest.mark.parametrize("roles", [(), ("unheard_of",)])
def test_every_address_refuses_people_whose_roles_grant_nothing(app: Flask, roles: tuple[str, ...]) -> None:
    add_person(app, "nobody@example.com", *roles)
    person = Operator(app, "nobody@example.com")
    app.config["WTF_CSRF_ENABLED"] = False
    for path, methods in _paths(app):
        for method in methods & {"GET", "POST"}:
            if path != "/admin/logout":
                assert person.client.open(path, method=method).status_code == 403, (method, path)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_opens_exactly_what_it_grants(app: Flask, role: str) -> None:
    add_person(app, f"new-{role}@example.com", role)
    person = Operator(app, f"new-{role}@example.com")
    needed = {
        "/admin/": "payments.view",
        "/admin/payments/": "payments.view",
        "/admin/sessions/": "payments.view",
        "/admin/refunds/": "payments.view",
        "/admin/search/": "payments.view",
        "/admin/rules/": "rules.view",
        "/admin/rules/versions/": "rules.view",
        "/admin/rules/experiments/": "rules.view",
        "/admin/alerts/": "alerts.view",
        "/admin/review/": "reconciliation.view",
        "/admin/reconciliation/": "reconciliation.view",
        "/admin/providers/": "providers.view",
        "/admin/providers/sandbox_north": "providers.view",
        "/admin/providers/new": "providers.edit",
        "/admin/jobs/": "jobs.view",
        "/admin/rules/attributes/": "rules.view",
        "/admin/rules/attributes/new-attribute": "attributes.edit",
        "/admin/webhooks/": "webhooks.view",
        "/admin/webhooks/new": "webhooks.manage",
        "/admin/messages/": "payments.view",
        "/admin/mailbox/": "messages.view",
        "/admin/wording/": "messages.view",
        "/admin/people/": "people.manage",
        "/admin/account/": "backoffice.use",
        "/admin/subscriptions/": "subscriptions.view",
        "/admin/settings/": "settings.edit",
    }
    for path, permission in needed.items():
        expected = 200 if permission in ROLES[role] else 403
        assert person.get(path).status_code == expected, (role, path)
    for path, permission in (
        ("/admin/payments/pay_x/settle", "payments.settle"),
        ("/admin/refunds/new/pay_x", "payments.refund"),
        ("/admin/refunds/re_x/approve", "refunds.approve"),
        ("/admin/refunds/re_x/settle", "payments.settle"),
        ("/admin/subscriptions/sub_x/cancel", "subscriptions.manage"),
        ("/admin/subscriptions/renewals/ren_x/retry", "subscriptions.manage"),
        ("/admin/alerts/alert_x/resolve", "alerts.resolve"),
        ("/admin/review/alert_x/ask", "reconciliation.resolve"),
        ("/admin/reconciliation/breaks/brk_x/resolve", "reconciliation.resolve"),
        ("/admin/jobs/job_x/retry", "jobs.retry"),
        ("/admin/messages/msg_x/again", "messages.edit"),
        ("/admin/wording/none/email/en/change", "messages.edit"),
        ("/admin/rules/attributes/unheard_of/retire", "attributes.edit"),
        ("/admin/people/4711/switch", "people.manage"),
        ("/admin/providers/none/change", "providers.edit"),
        ("/admin/providers/none/methods", "providers.edit"),
        ("/admin/providers/none/outage", "providers.edit"),
        ("/admin/providers/none/remove", "providers.edit"),
        ("/admin/providers/none/switch", "providers.edit"),
        ("/admin/providers/none/test", "providers.edit"),
    ):
        expected = 404 if permission in ROLES[role] else 403
        assert person.press(path).status_code == expected, (role, path)


def test_the_navigation_names_only_what_a_role_opens(app: Flask) -> None:
    add_person(app, "author@example.com", "rules_author")
    page = Operator(app, "author@example.com").page("/admin/rules/")
    assert "/admin/payments/" in page
    assert "/admin/alerts/" not in page
    assert "/admin/jobs/" not in page


def test_every_role_is_made_of_known_permissions() -> None:
    assert all(permissions <= set(PERMISSIONS) for permissions in ROLES.values())


def test_a_person_who_is_switched_off_is_out_at_once(app: Flask) -> None:
    add_person(app, "left@example.com", "operator", active=False)
    assert sign_in(app.test_client(), "left@example.com", ADMIN_PASSWORD).status_code == 200


def test_an_idle_sign_in_ends(app: Flask) -> None:
    start = utc_now()
    with time_machine.travel(start, tick=False) as clock:
        person = Operator(app)
        for _ in range(3):  # somebody who works stays in
            clock.shift(timedelta(minutes=IDLE_MINUTES - 1))
            assert person.get("/admin/").status_code == 200
        clock.shift(timedelta(minutes=IDLE_MINUTES + 1))
        assert person.get("/admin/").status_code == 302
        assert person.get("/admin/payments/").status_code == 302


def test_a_view_that_does_not_say_who_may_see_it_is_not_registered(app: Flask) -> None:
    class Open(HubView):
        @expose("/")
        def index(self) -> str:
            return "open"

    class Misspelt(Open):
        permission = "payments.veiw"

    class OpenPost(HubView):
        permission = "payments.view"

        @expose("/", methods=("POST",))
        def index(self) -> str:
            return "open"

    class WrongPost(HubView):
        permission = "payments.view"

        @expose("/", methods=("POST",))
        @needs("payments.settel")
        def index(self) -> str:
            return "open"

    backoffice = Backoffice.__new__(Backoffice)
    for view in (Open, Misspelt, OpenPost, WrongPost):
        with pytest.raises(TypeError):
            backoffice.add_view(view(endpoint=view.__name__.lower()))
