"""Health and metrics: is the process alive, is the hub ready, what has it done."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.api.auth import require_key
from app.services import metrics
from app.services.health import check_health

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; it asks nothing else."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether the hub can work, with counts of what is stuck: 200, or 503 with the reasons."""
    health = check_health()
    return jsonify(health.to_json()), 200 if health.is_ready else 503


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Return the hub's figures for Prometheus; they tell about the business, so a key is needed."""
    require_key()
    return Response(generate_latest(metrics.registry()), content_type=CONTENT_TYPE_LATEST)
