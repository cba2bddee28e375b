"""The rule set a new installation starts with, read from seed.json."""

import json
from pathlib import Path
from typing import Any

SEED_PATH = Path(__file__).with_name("seed.json")


def seed_json() -> dict[str, Any]:
    """The seed rule set in its JSON form, a fresh copy each time."""
    data: dict[str, Any] = json.loads(SEED_PATH.read_text(encoding="utf-8"))
    return data
