"""The Celery application: tasks carry ids only; the database, not the broker, remembers what is to be done."""

from __future__ import annotations

from typing import Any

from celery import Celery, Task
from flask import Flask

from app import create_app
from app.config import Config
from app.services import work
from tasks import embedded_broker

BACKGROUND = "background"  # the queue of what takes long and can wait
OUTWARD = "outward"  # the queue of what waits for the systems of merchants; everything else is in the default one


def make_celery(flask_app: Flask) -> Celery:
    """Return the Celery application of a hub: every task runs in the hub's context.

    There are no time limits here, because threads cannot keep them: each provider call and each statement has its own.
    """
    config: Config = flask_app.config["JUNCTION"]

    class HubTask(Task):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with flask_app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("junction", task_cls=HubTask, set_as_current=True)
    celery.conf.update(
        broker_url=config.broker_url,
        broker_transport_options=_transport_options(config),
        broker_connection_retry_on_startup=True,
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        task_publish_retry=False,
        timezone="UTC",
        beat_schedule={
            "sweep": {"task": "sweep", "schedule": 5.0, "options": {"expires": 5}},
            "housekeep": {"task": "housekeep", "schedule": 30.0, "options": {"expires": 30}},
        },
    )
    celery.task(name="run_job")(work.run_job)
    celery.task(name="sweep")(work.sweep)
    celery.task(name="housekeep")(work.housekeep)
    return celery


def _transport_options(config: Config) -> dict[str, Any]:
    if config.broker_url.startswith("filesystem"):
        embedded_broker.install()
        folder = config.data_dir / "broker"
        for name in ("queue", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.2,
        }
    if config.broker_url.startswith("redis"):
        return {
            "visibility_timeout": 300,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 3,
            "socket_timeout": 10,
        }
    return {}


flask_app = create_app()
celery = make_celery(flask_app)
