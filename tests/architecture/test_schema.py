"""The tables: what the models say is what the migrations build, on both databases."""

import re
from enum import StrEnum
from itertools import chain
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import BigInteger, CheckConstraint, String, inspect

from app.domain import statuses
from app.models import Base, db
from app.services.transitions import MOVES
from tests.support.hub import Databases, config_for, running

MONEY = ("amount", "paid", "refunded", "reserved", "captured", "fee")
VOCABULARIES = {
    kind
    for kind in vars(statuses).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
}
TABLES = [
    table
    for table in vars(statuses).values()
    if isinstance(table, dict) and table and isinstance(next(iter(table)), StrEnum)
]
MODELS = [mapper.class_ for mapper in Base.registry.mappers]


def test_money_has_64_bits() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns if column.name in MONEY]
    assert len(columns) >= 6
    assert [str(column) for column in columns if not isinstance(column.type, BigInteger)] == []


def test_every_status_has_its_row_and_every_move_stays_in_its_vocabulary() -> None:
    assert len(TABLES) == len(VOCABULARIES)
    for table in TABLES:
        [kind] = {type(status) for status in table}
        assert set(table) == set(kind), f"{kind.__name__}: a status without a row"
        assert set(chain.from_iterable(table.values())) <= set(kind)


def test_every_status_can_be_reached() -> None:
    for table in TABLES:
        first, *others = table
        assert set(others) <= set(chain.from_iterable(table.values())), (
            f"nothing leads to a status of {type(first).__name__}"
        )


def test_every_model_with_a_status_is_moved_by_the_one_writer() -> None:
    assert {model for model in MODELS if hasattr(model, "status")} == set(MOVES)


def test_every_text_is_bounded_or_meant_to_be_long() -> None:
    unbounded = [
        str(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if type(column.type) is String and column.type.length is None
    ]
    assert unbounded == []


@pytest.fixture
def empty_url(databases: Databases, database_kind: str) -> str:
    return databases.empty(database_kind)


def test_migrations_build_what_the_models_say_and_can_be_undone(
    empty_url: str, tmp_path: Path, databases: Databases
) -> None:
    with running(config_for(tmp_path, empty_url, "http://127.0.0.1:9")) as app, app.app_context():
        for _ in range(2):
            upgrade()
            with db.engine.connect() as connection:
                context = MigrationContext.configure(connection, opts={"compare_type": True})
                assert compare_metadata(context, Base.metadata) == []
            assert checks_in_database() == checks_in_models()
            downgrade(revision="base")
            assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}


def checks_in_models() -> dict[str, frozenset[str]]:
    """The words of each CHECK by its name: alembic does not compare them, and a new status would be refused."""
    found = {}
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                found[str(constraint.name)] = words(str(constraint.sqltext))
    return found


def checks_in_database() -> dict[str, frozenset[str]]:
    inspector = inspect(db.engine)
    return {
        str(check["name"]): words(check["sqltext"])
        for table in Base.metadata.tables
        for check in inspector.get_check_constraints(table)
    }


def words(expression: str) -> frozenset[str]:
    """What tells one CHECK from another, however a database writes it: its quoted words, columns and numbers."""
    plain = re.sub(r"::[a-z ]+(\[\])?", "", expression)
    plain = re.sub(r"'(\d+)'", r"\1", plain)
    return frozenset(re.findall(r"'[^']*'|\b[a-z_]{4,}\b|\d{2,}", plain)) - {"array"}
