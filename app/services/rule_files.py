"""Rule sets as files for people and for version control, written and read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from app.services.errors import FieldRefused
from app.services.texts import is_storable
from rules import RuleSet, to_json

LARGEST = 2 * 1024 * 1024  # bytes: some two thousand rules


def text_of(ruleset: RuleSet) -> str:
    """Return the file: rules in order, keys in order, indented."""
    return f"{json.dumps(to_json(ruleset), indent=2, ensure_ascii=False)}\n"


def read(file: IO[bytes]) -> Any:
    """Return what a file holds, of whatever shape. Raises FieldRefused for one that cannot be read."""
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise FieldRefused("file", f"The file is larger than {LARGEST // 1024**2} MB. Split it, or take rules out.")
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_without_duplicates)
        storable = all(map(is_storable, _texts(document)))
    except UnicodeDecodeError as error:
        raise FieldRefused("file", "The file is not text (UTF-8). Choose a file that was saved from here.") from error
    except RecursionError as error:
        raise FieldRefused("file", "The file is nested too deeply to be rules.") from error
    except ValueError as error:
        raise FieldRefused("file", f"The file is not JSON: {str(error)[:120]}.") from error
    if not storable:
        raise FieldRefused("file", "The file holds a character that cannot be stored. Take it out.")
    return document


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value
