"""The migration that brought the draft: a hub that has published and rolled back goes up and down with its record."""

from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.models import RuleSetDraft, db, utc_now
from app.services import drafts, rule_sets
from tests.support.hub import Databases, config_for, running

BEFORE = "0003"


def execute(statement: str, **values: object) -> None:
    db.session.execute(text(statement), values)
    db.session.commit()


def test_a_database_of_the_release_before_keeps_its_record(
    databases: Databases, database_kind: str, tmp_path: Path
) -> None:
    url = databases.empty(database_kind)
    with running(config_for(tmp_path, url, "http://127.0.0.1:9")) as app, app.app_context():
        upgrade(revision=BEFORE)
        empty = '{"rules": [], "adjustments": [], "default": {"methods": []}}'
        for number in (1, 2):
            execute(
                "INSERT INTO rule_set_versions (number, document, sha256, author, note, created_at)"
                f" VALUES ({number}, '{empty}', 'x', 'anna', '', '2026-01-01 00:00:00')"
            )
        for number in (1, 2, 1, 2):
            execute(
                "INSERT INTO rule_set_activations (version, actor, at)"
                f" VALUES ({number}, 'anna', '2026-01-01 00:00:00')"
            )
        upgrade()
        events = [(event.kind, event.version) for event in reversed(rule_sets.list_events())]
        assert events == [("publish", 1), ("publish", 2), ("rollback", 1), ("rollback", 2)]
        assert [version.approver for version in rule_sets.list_versions()] == [None, None]
        assert drafts.get_draft().based_on == 2
        db.session.rollback()
        downgrade(revision=BEFORE)
        kept = db.session.execute(text("SELECT version FROM rule_set_activations ORDER BY id")).scalars().all()
        assert kept == [1, 2, 1, 2]
        db.session.rollback()


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"id": 2}, id="a second draft"),
        pytest.param({"approved_revision": 6, "approver": "bruno", "approved_at": utc_now()}, id="approved otherwise"),
        pytest.param({"approved_revision": 7}, id="approved by nobody"),
        pytest.param({"approver": "bruno"}, id="approved without a revision"),
        pytest.param({"publish_at": utc_now(), "scheduled_by": "carla"}, id="planned without approval"),
        pytest.param({"based_on": 99}, id="begun from no version"),
    ],
)
def test_a_draft_that_cannot_be_true_is_refused(columns: dict[str, object]) -> None:
    given: dict[str, object] = {"id": 1, "document": {}, "revision": 7, "updated_by": "anna"}
    db.session.add(RuleSetDraft(**(given | columns)))
    with pytest.raises(IntegrityError):
        db.session.flush()
