"""The whole hub as processes under its own supervisor, on free ports and in its own directory, to be killed at will."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil
import requests

from providers.sandbox.accounts import api_key
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY
from tests.support.sandbox import MASTER_KEY, MASTER_WEBHOOK_SECRET
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
READY_WITHIN = 90
# What tells each kind of process apart by its command line.
MARKS = {
    "web": "wsgi:app",
    "worker": "tasks.celery_app worker --pool",
    "background": "tasks.celery_app worker -Q background",
    "outward": "tasks.celery_app worker -Q outward",
    "beat": "tasks.celery_app beat",
    "relay": "tasks.relay",
    "sandbox": "providers.sandbox.service",
}


class Stack:
    """One hub on one machine. `directory` is its DATA_DIR; `env` may name another database or broker."""

    def __init__(self, directory: Path, env: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self._port, self._sandbox_port = free_ports(2)
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []
        self.webs = [self.url]
        self._turns = itertools.count()
        self._env = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "JUNCTION_ENV": "test",
            "DATA_DIR": str(directory / "var"),
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            "SANDBOX_PORT": str(self._sandbox_port),
            "API_KEY": API_KEY,
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "SANDBOX_KEY": MASTER_KEY,
            "SANDBOX_WEBHOOK_SECRET": MASTER_WEBHOOK_SECRET,
            "SANDBOX_SETTLE_SECONDS": "1",
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "REDIRECT_HOSTS": "shop.example.com,127.0.0.1,localhost",
            **(env or {}),
        }

    @property
    def url(self) -> str:
        """Where the hub answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def sandbox_url(self) -> str:
        """Where its sandbox answers."""
        return f"http://127.0.0.1:{self._sandbox_port}"

    @property
    def database_url(self) -> str:
        """Its database, for tests that look behind the pages."""
        return self._env.get("DATABASE_URL") or f"sqlite:///{self.directory / 'var' / 'junction.sqlite3'}"

    @property
    def log(self) -> str:
        """What its processes have written so far."""
        return (self.directory / "stack.log").read_text(errors="replace")

    def start(self) -> Self:
        """Start everything and wait until the hub is ready and each kind of process runs."""
        assert self._supervisor is None, "the stack is running already"
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "stack.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "tasks.supervisor"], cwd=ROOT, env=self._env, stdout=log, stderr=log
            )
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Wait until web and sandbox answer and worker, beat and relay are there."""
        assert wait_until(self._is_ready, seconds=READY_WITHIN, pause=0.2), self.log[-5000:]

    def pids(self, kind: str) -> list[int]:
        """The processes of one kind (`MARKS`, or `supervisor`), the parent of each kind first."""
        if self._supervisor is None:
            return []
        if kind == "supervisor":
            return [self._supervisor.pid]
        found = []
        try:
            for process in psutil.Process(self._supervisor.pid).children(recursive=True):
                try:
                    line = " ".join(process.cmdline())
                except (psutil.NoSuchProcess, psutil.ZombieProcess):
                    continue
                if MARKS[kind] in line:
                    found.append(process.pid)
        except psutil.NoSuchProcess:
            return []
        return found

    def kill(self, kind: str, which: int = 0) -> int:
        """End one process of a kind with SIGKILL, by its id; return the id.

        One that is being started again is waited for: a web master may have to try more than once, until the workers
        of the one before it have let the port go.
        """
        assert wait_until(lambda: self.pids(kind), seconds=READY_WITHIN), f"no {kind} runs"
        pids = self.pids(kind)
        pid = pids[which if which < len(pids) else -1]
        os.kill(pid, signal.SIGKILL)
        if kind == "supervisor":
            self._forget_supervisor()
        else:
            assert wait_until(lambda: pid not in self.pids(kind)), f"{kind} {pid} outlived SIGKILL"
        return pid

    def stop(self) -> None:
        """End everything as Ctrl-C would, or a service manager (SIGTERM), and wait until it is gone."""
        for process in self._others:
            process.terminate()
            process.wait(40)
        self._others.clear()
        self.webs = [self.url]
        if self._supervisor is not None:
            family = self._family()
            self._supervisor.terminate()
            try:
                self._supervisor.wait(40)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait(10)
            self._supervisor = None
            _end(family)

    def add_web(self) -> str:
        """Start web processes as another machine would, on a port of their own; their address. `stop` ends them too."""
        [port] = free_ports(1)
        arguments = [
            "wsgi:app",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "1",
            "--threads",
            "4",
            "--log-level",
            "warning",
        ]
        with (self.directory / "stack.log").open("ab") as log:
            self._others.append(
                subprocess.Popen(
                    [sys.executable, "-m", "gunicorn", *arguments],
                    cwd=ROOT,
                    env=self._env | {"SANDBOX_URL": self.sandbox_url},
                    stdout=log,
                    stderr=log,
                )
            )
        url = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: _answers(url), seconds=READY_WITHIN, pause=0.2), self.log[-3000:]
        self.webs.append(url)
        return url

    def api(self, method: str, path: str, body: Any = None, *, key: str = "", timeout: float = 30) -> requests.Response:
        """Call the hub's API with its key, each machine in turn; `key` is the idempotency key."""
        headers = {"Authorization": f"Bearer {API_KEY}"} | ({"Idempotency-Key": key} if key else {})
        url = self.webs[next(self._turns) % len(self.webs)] + path
        return requests.request(method, url, json=body, headers=headers, timeout=timeout, allow_redirects=False)

    def ledger(self) -> list[dict[str, Any]]:
        """Every charge that the sandbox knows, in both of its accounts."""
        charges: list[dict[str, Any]] = []
        for account in ("north", "south"):
            headers = {"Authorization": f"Bearer {api_key(account, MASTER_KEY)}"}
            reply = requests.get(f"{self.sandbox_url}/v1/ledger", headers=headers, timeout=20)
            reply.raise_for_status()
            charges += reply.json()["charges"]
        return charges

    def faults(self, account: str, **switches: Any) -> None:
        """Turn on exactly these fault switches of a sandbox account."""
        headers = {"Authorization": f"Bearer {api_key(account, MASTER_KEY)}"}
        requests.put(f"{self.sandbox_url}/v1/faults", json=switches, headers=headers, timeout=20).raise_for_status()

    def command(self, *arguments: str) -> str:
        """Run a `flask` command of the hub and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def publish(self, document: Mapping[str, Any]) -> None:
        """Publish a rule set as a new active version."""
        path = self.directory / "rules.json"
        path.write_text(json.dumps(document))
        self.command("rules", "publish", str(path))

    def __enter__(self) -> Self:
        return self if self._supervisor else self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        if self._supervisor is not None and self._supervisor.poll() is not None:
            raise AssertionError(f"the supervisor ended:\n{self.log[-5000:]}")
        return _answers(self.url) and _answers(self.sandbox_url) and all(self.pids(kind) for kind in MARKS)

    def _family(self) -> list[psutil.Process]:
        assert self._supervisor is not None
        try:
            return psutil.Process(self._supervisor.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _forget_supervisor(self) -> None:
        """After its end by SIGKILL: reap it. Its children have to end by themselves, which is what is tested."""
        assert self._supervisor is not None
        self._supervisor.wait(10)
        self._supervisor = None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, different from each other and below the range of outgoing connections."""
    ports: list[int] = []
    candidate = 20_000 + os.getpid() * 7 % 10_000
    while len(ports) < count:
        candidate = 20_000 + (candidate - 20_000 + 1) % 10_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            ports.append(candidate)
    return ports


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def _end(processes: list[psutil.Process]) -> None:
    """End what is left of processes that we started; psutil makes sure that an id was not given to another since."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=10)
