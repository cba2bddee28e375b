"""Replays: what the draft would have done in the sessions of the last days."""

from __future__ import annotations

from typing import Any

from app.api.auth import actor
from app.api.schemas_replays import ReplaySchema, StartReplaySchema
from app.api.spec import new_blueprint, refusals
from app.models import Replay
from app.services import replays
from rules.replay_figures import Figures

blueprint = new_blueprint(
    "replays of the draft",
    "The draft and the active version are asked about the same recorded facts, with the provider accounts as they are "
    "today: what differs is the rules' doing alone. All decisions of a session are asked again; it counts once.",
)


@blueprint.route("/rules/draft/replay", methods=["POST"])
@blueprint.doc(**refusals(409, 413, 415, 422, 503))
@blueprint.arguments(StartReplaySchema)
@blueprint.response(202, ReplaySchema)
def start_replay(body: dict[str, Any]) -> dict[str, Any]:
    """Replay the draft as it stands in the background; asking again while it runs answers with the same replay."""
    return _told(replays.start(days=body["days"], as_of=body.get("as_of"), actor=actor()))


@blueprint.route("/rules/replays/<replay_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, ReplaySchema)
def get_replay(replay_id: str) -> dict[str, Any]:
    """Say how far a replay has come, and its figures until there. Replays are kept for 30 days."""
    return _told(replays.get_replay(replay_id))


@blueprint.route("/rules/replays/<replay_id>/cancel", methods=["POST"])
@blueprint.doc(**refusals(404, 413, 415))
@blueprint.response(200, ReplaySchema)
def cancel_replay(replay_id: str) -> dict[str, Any]:
    """Stop a replay within a moment; its figures stay as they are. One that has ended stays as it ended."""
    return _told(replays.cancel(replay_id, actor=actor()))


def _told(replay: Replay) -> dict[str, Any]:
    return {
        **{name: getattr(replay, name) for name in ReplaySchema().fields if hasattr(replay, name)},
        "status": replays.status_of(replay).value,
        "ended_at": replay.finished_at or replay.cancelled_at,
        "unmet": replays.unmet_rules(replay),
        "figures": Figures.from_json(replay.figures).to_json(),
    }
