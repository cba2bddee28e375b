"""Runs the whole hub on one machine: prepares it, starts each line of the Procfile, restarts what dies.

A process that dies, however it dies, is started again; when the supervisor itself is killed, the kernel ends them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from honcho.environ import parse_procfile

from app.config import Config, ConfigError, load

ROOT = Path(__file__).resolve().parent.parent
STOP_WITHIN = 15.0  # seconds a process has to end by itself
STEADY_AFTER = 10.0  # seconds after which a start counts as a success
SLOWEST_RESTART = 10.0
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One line of the Procfile and the process that runs it now."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.command = command
        self.failures = 0
        self.due_at = 0.0  # monotonic moment of the next start
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self, env: dict[str, str]) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own Procfile
            ["/bin/sh", "-c", f"exec {self.command}"],
            cwd=ROOT,
            env=env,
            # Ctrl-C reaches the supervisor only, which then stops all of them. A session of its own would do that too,
            # but some kernels share the processor between sessions first, and would not heed `nice` among them.
            process_group=0,
            preexec_fn=_end_with_parent,
        )

    def tend(self, env: dict[str, str]) -> None:
        """Start the process if it is not running, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            code = self.process.returncode
            self.kill_group()  # what it left behind in its group would hold its port
            self.process = None
            self.failures = 0 if now - self.started_at > STEADY_AFTER else self.failures + 1
            pause = min(0.5 * 2**self.failures, SLOWEST_RESTART)
            self.due_at = now + pause
            print(f"{self.name} ended with {code}; it starts again in {pause:.1f} s.", file=sys.stderr, flush=True)
        if self.process is None and now >= self.due_at:
            self.start(env)

    def terminate(self) -> None:
        """Ask the process to end; it ends what it started itself."""
        if self.process is not None:
            self.process.terminate()

    def kill_group(self) -> None:
        """End the process and all it started, at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    """Run until stopped by Ctrl-C or SIGTERM; return the exit code."""
    try:
        config = load()
        env = _environment(config)
        _refuse_taken(config.host, config.port, "PORT")
    except ConfigError as error:
        print(f"Junction cannot start: {error}", file=sys.stderr)
        return 2
    prepared = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "hub", "init"], cwd=ROOT, env=env, check=False
    )
    if prepared.returncode != 0:
        print("Junction cannot start: the database could not be prepared (see above).", file=sys.stderr)
        return 1
    children = [
        Child(name, command) for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items()
    ]
    if not config.demo:
        children = [child for child in children if child.name != "sandbox"]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    greeted = False
    while not stop.is_set():
        for child in children:
            child.tend(env)
        if not greeted and _answers(config):
            greeted = True
            _greet(config)
        stop.wait(0.3)
    _stop_all(children)
    return 0


def _environment(config: Config) -> dict[str, str]:
    """Return the environment of every process: what the supervisor has, and what it worked out, in full."""
    sandbox_port = os.environ.get("SANDBOX_PORT") or str(_free_port_near(config.port + 1))
    return os.environ | {
        "HOST": config.host,
        "PORT": str(config.port),
        "DATA_DIR": str(config.data_dir),
        "SANDBOX_PORT": sandbox_port,
        "SANDBOX_HOST": config.host,  # who reaches the hub must reach the sandbox's pages too
        "SANDBOX_PUBLIC_URL": os.environ.get("SANDBOX_PUBLIC_URL")
        or f"http://{urlsplit(config.public_url).hostname}:{sandbox_port}",
        "SANDBOX_URL": os.environ.get("SANDBOX_URL") or f"http://127.0.0.1:{sandbox_port}",
        "SANDBOX_DATABASE": os.environ.get("SANDBOX_DATABASE") or str(config.data_dir / "sandbox.sqlite3"),
        "SANDBOX_KEY": config.sandbox_key,
        "SANDBOX_WEBHOOK_SECRET": config.sandbox_webhook_secret,
        "HUB_URL": os.environ.get("HUB_URL") or f"http://{_reachable(config.host)}:{config.port}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }


def _end_with_parent() -> None:
    """Ask the kernel to end this process when the supervisor is gone, so that its ports are free again."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _stop_all(children: list[Child]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.1))
            child.kill_group()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _free_port_near(wanted: int) -> int:
    """Return `wanted`, or any free port when another program has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError, OverflowError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise ConfigError("No free port was found for the sandbox: set SANDBOX_PORT.")


def _refuse_taken(host: str, port: int, name: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + 5  # what a killed run left behind needs a moment to go
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ConfigError(
                        f"{name} {port} cannot be used ({error.strerror}): choose another, such as "
                        f"`{name}={port + 10} make run`."
                    ) from error
        time.sleep(0.3)


def _answers(config: Config) -> bool:
    try:
        url = f"http://{_reachable(config.host)}:{config.port}/healthz"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(config: Config) -> None:
    lines = [f"\nJunction is ready at {config.public_url}"]
    if config.demo:
        lines.append(f"  Sample shop   {config.public_url}/shop")
    lines += [f"  Backoffice    {config.public_url}/admin", f"  API           {config.public_url}/docs"]
    if not config.is_production:
        lines += [f"  Sign in       {config.admin_email}  {config.admin_password}", f"  API key       {config.api_key}"]
    print("\n".join(lines), "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
