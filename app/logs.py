"""Structured logs on standard error, without personal data: ids, never names, addresses or bodies."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from app.config import Config
from app.services.texts import without_details

_PERSONAL = frozenset({"email", "name", "phone", "customer", "body", "headers", "password", "authorization", "key"})


def init_logs(config: Config) -> None:
    """Write readable lines in development, JSON in production."""
    renderer: Any = structlog.processors.JSONRenderer() if config.is_production else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_personal,
            structlog.processors.format_exc_info,
            _drop_details,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _drop_details(_logger: Any, _method: str, event: Any) -> Any:
    if "exception" in event:
        event["exception"] = without_details(event["exception"])
    return event


def _drop_personal(_logger: Any, _method: str, event: Any) -> Any:
    for field in _PERSONAL.intersection(event):
        event[field] = "[removed]"
    return event
