"""Who works in a simulation: three schedulers, four workers and the sandbox's own thread, all at once."""

import queue
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Self, cast

import requests
from flask import Flask
from sqlalchemy import func, select

from app.models import Job, db, utc_now
from app.services import jobs, work
from providers.sandbox.service import courier
from providers.sandbox.service.application import Service
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.store import Store
from tests.simulation.wire import Doorstep, Killed

SCHEDULERS, WORKERS, COURIERS = 3, 4, 2
MOST_LAPS = 200


class Crew:
    """Use as a context manager. `hub_is_down` and `sandbox_is_down` send everybody there home.

    `lost` is the share of jobs whose worker ends before it begins, `twice` of those handed to two at once.
    """

    def __init__(self, app: Flask, service: Service, config: ServiceConfig, doorstep: Doorstep) -> None:
        self._app, self._service, self._config, self._doorstep = app, service, config, doorstep
        self._pool = ThreadPoolExecutor(SCHEDULERS + WORKERS + COURIERS)
        self._ids: queue.Queue[str] = queue.Queue()
        self._store = Store(config.database)
        self._finished: list[int] = []  # one for each scheduler that has ended its lap
        self.hub_is_down = self.sandbox_is_down = False
        self.lost = self.twice = 0.0
        self.jobs_done = self.kills = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown()

    def work_until_quiet(self) -> None:
        """Let all of them work until there is nothing left to do; one looks alone first whether there is anything."""
        self._doorstep.is_down = self.hub_is_down
        if not self.hub_is_down:
            with self._app.app_context():
                work.housekeep()
        for _ in range(MOST_LAPS):
            if not self._look():
                return
            self._lap()
        raise AssertionError(f"there is still something to do after {MOST_LAPS} laps")

    def _look(self) -> int:
        """One scheduler sweeps, and the sandbox settles what is due; how much waits to be done."""
        waiting = 0
        if not self.sandbox_is_down:
            self._service.background.settle_due()
            with self._store.transaction() as connection:
                due = "SELECT count(*) FROM deliveries WHERE status = 'waiting' AND due_at <= ? AND claimed_until <= ?"
                waiting += connection.execute(due, (time.time(), time.time())).fetchone()[0]
        if not self.hub_is_down:
            with self._app.app_context():
                work.sweep()
                jobs_due = select(func.count()).where(Job.done_at.is_(None), Job.quarantined_at.is_(None))
                waiting += db.session.scalar(jobs_due.where(Job.due_at <= utc_now())) or 0
        return waiting

    def _lap(self) -> None:
        """One lap of all of them at once."""
        self._finished.clear()
        done = []
        if not self.sandbox_is_down:
            done += [self._pool.submit(self._deliver) for _ in range(COURIERS)]
        if not self.hub_is_down:
            done += [self._pool.submit(self._schedule) for _ in range(SCHEDULERS)]
            done += [self._pool.submit(self._work) for _ in range(WORKERS)]
        for one in done:
            one.result()

    def _schedule(self) -> None:
        """Sweep once, as the clock does, and hand out what is due, as the relay does."""
        try:
            with self._app.app_context():
                work.sweep()
                while leased := jobs.lease_due():
                    for job in leased:
                        copies = 0 if random.random() < self.lost else 2 if random.random() < self.twice else 1
                        for _ in range(copies):
                            self._ids.put(job.id)
        finally:
            self._finished.append(1)

    def _work(self) -> None:
        """Do what is handed out, each job in a context of its own, until nothing more comes in this lap."""
        while True:
            try:
                job_id = self._ids.get(timeout=0.01)
            except queue.Empty:
                if len(self._finished) == SCHEDULERS:
                    return
                continue
            try:
                with self._app.app_context():
                    work.run_job(job_id)
                self.jobs_done += 1
            except Killed:
                self.kills += 1

    def _deliver(self) -> None:
        """What the sandbox's background thread does: settle and renew, then deliver what is due."""
        self._service.background.settle_due()
        while courier.deliver_one(self._store, self._config, cast(requests.Session, self._doorstep)):
            pass
