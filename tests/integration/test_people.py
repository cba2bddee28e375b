"""The people of the backoffice: added with a password told once, changed by administrators, never all locked out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from admin.roles import ROLES as GRANTED
from app.domain.roles import ROLES
from app.models import User, db
from app.services import drafts, people, setup, users
from app.services.errors import FieldsRefused, NotFound, SecondPersonNeeded
from tests.support.backoffice import Operator, add_person, sign_in
from tests.support.drafts import renamed
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD, variant
from tests.support.threads import together

SECRET = re.compile(r'<code class="secret">([^<]+)</code>')
CHOSEN = "pässwörd of my own"


def person_id(app: Flask, email: str) -> int:
    with app.app_context():
        return int(people.by_email(email).id)


def administrators(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(user.email for user in people.list_people() if user.active and people.is_administrator(user))


def test_the_roles_are_the_same_in_both_tables() -> None:
    assert set(ROLES) == set(GRANTED)


def test_an_added_person_signs_in_with_the_password_that_is_shown_once(app: Flask) -> None:
    with capture_logs() as logs:
        page = Operator(app).press("/admin/people/add", email=" Anna@Shop.example ", role="rules_author")
    [password] = SECRET.findall(page.text)
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    assert page.headers["Cache-Control"] == "no-store"
    told = str(logs)
    assert password not in told
    assert "anna@" not in told.lower()
    assert [entry["event"] for entry in logs if entry["event"].startswith("person")] == ["person_added"]
    anna = Operator(app, "anna@shop.example", password)
    assert anna.get("/admin/rules/").status_code == 200
    assert anna.get("/admin/people/").status_code == 403
    assert password not in Operator(app).page("/admin/people/")


def test_a_person_who_cannot_be_added_is_refused_beside_the_field(app: Flask) -> None:
    admin = Operator(app)
    for email, role, field in (
        ("nonsense", "viewer", "email"),
        ("", "viewer", "email"),
        (f"{'x' * 250}@shop.example", "viewer", "email"),
        (ADMIN_EMAIL.upper(), "viewer", "email"),
        ("new@shop.example", "king", "role"),
        ("new@shop.example", "", "role"),
    ):
        reply = admin.press("/admin/people/add", email=email, role=role)
        assert reply.status_code == 422, (email, role)
        assert f'id="field-{field}-error"' in reply.text
    with app.app_context():
        assert len(people.list_people()) == 1
        with pytest.raises(FieldsRefused):
            people.add_person("nul\0@shop.example", "viewer", by=None)


def test_a_new_role_counts_from_the_next_click(app: Flask) -> None:
    add_person(app, "anna@shop.example", "viewer")
    anna, admin = Operator(app, "anna@shop.example"), Operator(app)
    assert anna.get("/admin/jobs/").status_code == 403
    changed = admin.press(f"/admin/people/{person_id(app, 'anna@shop.example')}/role", role="operator")
    assert changed.status_code == 302
    assert anna.get("/admin/jobs/").status_code == 200


def test_switched_off_they_are_out_at_once_and_back_when_switched_on(app: Flask) -> None:
    add_person(app, "anna@shop.example", "viewer")
    anna, admin = Operator(app, "anna@shop.example"), Operator(app)
    path = f"/admin/people/{person_id(app, 'anna@shop.example')}/switch"
    assert admin.press(path, active="off").status_code == 302
    assert anna.get("/admin/payments/").status_code == 302
    assert sign_in(app.test_client(), "anna@shop.example", ADMIN_PASSWORD).status_code == 200
    admin.press(path, active="on")
    assert anna.get("/admin/payments/").status_code == 302, "what was open stays ended"
    Operator(app, "anna@shop.example")


def test_a_new_password_ends_what_they_have_open(app: Flask) -> None:
    add_person(app, "anna@shop.example", "viewer")
    anna, admin = Operator(app, "anna@shop.example"), Operator(app)
    page = admin.press(f"/admin/people/{person_id(app, 'anna@shop.example')}/password")
    [password] = SECRET.findall(page.text)
    assert anna.get("/admin/payments/").status_code == 302
    assert sign_in(app.test_client(), "anna@shop.example", ADMIN_PASSWORD).status_code == 200
    Operator(app, "anna@shop.example", password)


def test_nobody_takes_away_their_own_access(app: Flask) -> None:
    add_person(app, "second@shop.example", "administrator")
    admin, me = Operator(app), person_id(app, ADMIN_EMAIL)
    for path, fields in (("role", {"role": "viewer"}), ("switch", {"active": "off"}), ("password", {})):
        reply = admin.press(f"/admin/people/{me}/{path}", **fields)
        assert reply.status_code == 409, path
        assert "own access" in reply.text
    assert administrators(app) == [ADMIN_EMAIL, "second@shop.example"]


def test_the_last_active_administrator_stays_one(app: Flask) -> None:
    add_person(app, "off@shop.example", "administrator", active=False)
    me = person_id(app, ADMIN_EMAIL)
    with app.app_context():
        for take_away in (
            lambda: people.change_role(me, "viewer", by=None),
            lambda: people.switch(me, False, by=None),
        ):
            with pytest.raises(people.LastAdministrator):
                take_away()
    assert administrators(app) == [ADMIN_EMAIL]


@pytest.mark.parametrize("way", ["role", "switch"])
def test_administrators_who_take_each_other_away_at_once_leave_one(app: Flask, way: str) -> None:
    emails = [f"admin{number}@shop.example" for number in range(4)]
    for email in emails:
        add_person(app, email, "administrator")
    ids = [person_id(app, email) for email in emails]
    with app.app_context():
        people.change_role(person_id(app, ADMIN_EMAIL), "viewer", by=ids[0])
    pairs = [(ids[number], ids[number - 1]) for number in range(4)]

    def act() -> Any:
        by, other = pairs.pop()
        with app.app_context():
            if way == "role":
                return people.change_role(other, "viewer", by=by)
            return people.switch(other, False, by=by)

    outcomes = together(4, act)
    assert outcomes.count(None) == 3
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [people.LastAdministrator]
    assert len(administrators(app)) == 1


def test_of_those_who_add_one_address_at_once_one_does(app: Flask) -> None:
    def add() -> Any:
        with app.app_context():
            return people.add_person("anna@shop.example", "viewer", by=None)

    outcomes = together(4, add)
    assert len([outcome for outcome in outcomes if isinstance(outcome, FieldsRefused)]) == 3


def test_everybody_chooses_their_own_password(app: Flask) -> None:
    add_person(app, "anna@shop.example", "viewer")
    anna, elsewhere = Operator(app, "anna@shop.example"), Operator(app, "anna@shop.example")
    changed = anna.press("/admin/account/password", current=ADMIN_PASSWORD, new=CHOSEN)
    assert changed.status_code == 302, changed.text
    assert "Your password is changed" in anna.page("/admin/account/")
    assert elsewhere.get("/admin/account/").status_code == 302
    assert sign_in(app.test_client(), "anna@shop.example", ADMIN_PASSWORD).status_code == 200
    Operator(app, "anna@shop.example", CHOSEN)


def test_a_password_is_not_changed_by_whoever_does_not_know_it_or_to_a_weak_one(app: Flask) -> None:
    admin = Operator(app)
    for current, new, field in (
        ("wrong", CHOSEN, "current"),
        ("", CHOSEN, "current"),
        (ADMIN_PASSWORD, "short", "new"),
        (ADMIN_PASSWORD, "a" * 12, "new"),
        (ADMIN_PASSWORD, "x" * 201, "new"),
        (ADMIN_PASSWORD, ADMIN_PASSWORD, "new"),
        (ADMIN_PASSWORD, ADMIN_EMAIL, "new"),
    ):
        reply = admin.press("/admin/account/password", current=current, new=new)
        assert reply.status_code == 422
        assert f'id="field-{field}-error"' in reply.text
        assert new not in reply.text or new == ADMIN_EMAIL
    for _ in range(3):
        admin.press("/admin/account/password", current="guess", new=CHOSEN)
    stopped = admin.press("/admin/account/password", current=ADMIN_PASSWORD, new=CHOSEN)
    assert stopped.status_code == 429, "a screen that was left open must not be one to guess at"
    Operator(app)


def test_a_start_keeps_what_was_changed_and_takes_over_another_configured_password(app: Flask) -> None:
    admin = Operator(app)
    admin.press("/admin/account/password", current=ADMIN_PASSWORD, new=CHOSEN)
    with app.app_context():
        setup.set_up()
    Operator(app, ADMIN_EMAIL, CHOSEN)
    with variant(app, admin_password="another-password-1").app_context():
        setup.set_up()
    Operator(app, ADMIN_EMAIL, "another-password-1")
    assert sign_in(app.test_client(), ADMIN_EMAIL, CHOSEN).status_code == 200
    with variant(app, admin_email="another@shop.example").app_context():
        setup.set_up()
    Operator(app, "another@shop.example")
    assert administrators(app) == ["another@shop.example", ADMIN_EMAIL]


def test_a_new_approver_approves_what_somebody_else_wrote(app: Flask) -> None:
    strict = variant(app, one_person_publishes=False)
    admin = Operator(strict)
    page = admin.press("/admin/people/add", email="bruno@shop.example", role="rules_approver")
    bruno = Operator(strict, "bruno@shop.example", SECRET.findall(page.text)[0])
    assert bruno.get("/admin/rules/").status_code == 200
    assert bruno.press("/admin/rules/attributes/new-attribute").status_code == 403
    with strict.app_context():
        draft = drafts.get_draft()
        saved = drafts.save_draft(renamed("Ready"), revision=draft.revision, author="user:anna@shop.example")
        with pytest.raises(SecondPersonNeeded):
            drafts.approve(revision=saved.revision, approver="user:anna@shop.example")
    approved = bruno.press("/admin/rules/draft/review/approve", revision=str(saved.revision))
    assert approved.status_code == 302, approved.text
    with strict.app_context():
        assert drafts.get_draft().approver == "user:bruno@shop.example"


def test_the_command_line_adds_people_and_helps_those_who_are_locked_out(app: Flask) -> None:
    run: Callable[..., Any] = app.test_cli_runner().invoke
    added = run(args=["people", "add", "anna@shop.example", "--role", "rules_author"])
    assert added.exit_code == 0, added.output
    Operator(app, "anna@shop.example", added.output.split()[-1])
    again = run(args=["people", "add", "anna@shop.example", "--role", "viewer"])
    assert (again.exit_code, "is here already" in again.output) == (1, True)
    assert run(args=["people", "add", "b@shop.example", "--role", "king"]).exit_code == 2
    reset = run(args=["people", "password", "Anna@shop.example"])
    Operator(app, "anna@shop.example", reset.output.split()[-1])
    assert run(args=["people", "password", "nobody@shop.example"]).exit_code == 1


def test_a_person_who_is_not_there(app: Flask) -> None:
    admin = Operator(app)
    assert admin.get("/admin/people/4711").status_code == 404
    for path in ("role", "switch", "password"):
        assert admin.press(f"/admin/people/4711/{path}", role="viewer").status_code == 404
    with app.app_context(), pytest.raises(NotFound):
        users.new_password(4711, by=None)
    with app.app_context():
        assert db.session.get(User, 4711) is None
