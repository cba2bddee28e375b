"""The migrations of the rules as a product: a hub of the release before keeps its draft, decisions and authors."""

from pathlib import Path

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.models import DecisionRecord, db
from app.services import drafts, rule_sets
from tests.support.hub import Databases, config_for, running

BEFORE = "0004"
EMPTY = '{"rules": [], "adjustments": [], "default": {"methods": []}}'
AT = "'2026-01-01 00:00:00'"


def execute(statement: str) -> None:
    db.session.execute(text(statement))
    db.session.commit()


def test_a_database_of_the_release_before_is_upgraded_and_goes_back(
    databases: Databases, database_kind: str, tmp_path: Path
) -> None:
    url = databases.empty(database_kind)
    with running(config_for(tmp_path, url, "http://127.0.0.1:9")) as app, app.app_context():
        upgrade(revision=BEFORE)
        execute(
            "INSERT INTO rule_set_versions (number, document, sha256, author, note, created_at)"
            f" VALUES (1, '{EMPTY}', 'x', 'anna', '', {AT})"
        )
        execute(f"INSERT INTO rule_set_activations (version, actor, kind, at) VALUES (1, 'anna', 'publish', {AT})")
        execute(
            "INSERT INTO rule_set_drafts (id, document, based_on, revision, author, updated_by, updated_at, note)"
            f" VALUES (1, '{EMPTY}', 1, 7, 'ben', 'ben', {AT}, '')"
        )
        execute(
            "INSERT INTO checkout_sessions (id, status, amount, currency, reference, flow, customer, attributes, items,"
            " locale, success_url, failure_url, created_at, expires_at)"
            f" VALUES ('cs_1', 'open', 5, 'EUR', 'r', 'direct', '{{}}', '{{}}', '[]', 'en', 'x', 'x', {AT}, {AT})"
        )
        execute(
            "INSERT INTO decisions (id, session_id, sequence, version, rule_id, facts, outcome, created_at)"
            f" VALUES ('dec_1', 'cs_1', 0, 1, NULL, '{{}}', '{{}}', {AT})"
        )
        upgrade()
        draft = drafts.get_draft()
        assert (draft.revision, draft.author, draft.authors) == (7, "ben", ["ben"])
        assert rule_sets.get_version(1).authors == ["anna"]
        record = db.session.get_one(DecisionRecord, "dec_1")
        assert (record.version, record.rule_id, record.arm) == (1, None, None)
        db.session.rollback()
        downgrade(revision=BEFORE)
        assert db.session.scalar(text("SELECT author FROM rule_set_drafts")) == "ben"
        assert db.session.scalar(text("SELECT count(*) FROM decisions")) == 1
        db.session.rollback()
