"""The report of a day: every charge and refund that succeeded on it, and the switches that falsify one."""

import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from providers.sandbox.service import faults

PAGE = 500
LINES = """
SELECT 'charge' AS kind, id, CASE WHEN subscription_id IS NULL THEN reference END AS reference, amount, currency,
       settled_at AS at FROM charges
 WHERE account = :account AND status = 'succeeded' AND settled_at >= :begin AND settled_at < :end
UNION ALL
SELECT 'refund', id, reference, amount, currency, settled_at FROM refunds
 WHERE account = :account AND status = 'succeeded' AND settled_at >= :begin AND settled_at < :end
 ORDER BY at, id LIMIT :limit OFFSET :offset
"""


def page(connection: sqlite3.Connection, account: str, day: date, offset: int) -> dict[str, Any]:
    """The lines of a day in UTC from the one numbered `offset` on, and where the next page begins, if there is one.

    A day that is not over yet has the lines that it has so far.
    """
    begin = datetime.combine(day, time(), UTC)
    rows = connection.execute(
        LINES,
        {"account": account, "begin": begin.timestamp(), "end": (begin + timedelta(days=1)).timestamp(),
         "limit": PAGE + 1, "offset": offset},
    ).fetchall()
    lines = [_line(row) for row in rows[:PAGE]]
    return {
        "day": day.isoformat(),
        "lines": _falsified(connection, account, lines, begin),
        "next_offset": offset + PAGE if len(rows) > PAGE else None,
    }


def _line(row: sqlite3.Row) -> dict[str, Any]:
    moment = datetime.fromtimestamp(row["at"], tz=UTC).isoformat()
    return {name: row[name] for name in ("kind", "id", "reference", "amount", "currency")} | {
        "state": "succeeded", "at": moment,
    }


def _falsified(
    connection: sqlite3.Connection, account: str, lines: list[dict[str, Any]], begin: datetime
) -> list[dict[str, Any]]:
    """The lines with what the switches spoil: always the same ones, so that the report can be asked for again."""
    if lines and faults.strikes(connection, account, "report_wrong_amount"):
        lines[-1]["amount"] += 100
    if lines and faults.strikes(connection, account, "report_wrong_state"):
        lines[len(lines) // 2]["state"] = "pending"
    if lines and faults.strikes(connection, account, "report_omits"):
        del lines[0]
    if faults.strikes(connection, account, "report_extra"):
        lines.append({
            "kind": "charge", "id": f"ch_nowhere_{begin:%Y%m%d}", "reference": f"att_nowhere_{begin:%Y%m%d}",
            "amount": 4200, "currency": "EUR", "state": "succeeded", "at": begin.isoformat(),
        })  # fmt: skip
    return lines
