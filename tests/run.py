"""What `make test` runs: the checks that read the code, then every test, and an exit code that is the sum of both."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
# The shell has no window to draw and needs a third of the processor time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = BROWSERS[:2]
INSTALL_WITHIN = 300
CHECKS = {
    "code style": ["ruff", "check", "."],
    "types": ["mypy"],
    "the law of imports": ["lint-imports"],
}


def main() -> int:
    """Run everything, even after a failure, and say what failed. Arguments go to pytest, e.g. `-k refund`."""
    began = time.monotonic()
    failed = [name for name, command in CHECKS.items() if not run(name, [str(PROGRAMS / command[0]), *command[1:]])]
    chromium = find_chromium() or install_chromium()
    browser_tests = [] if chromium else ["--ignore", "tests/browser"]
    workers = str(min(max(os.cpu_count() or 2, 2), 4))
    tests = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    tests += ["--durations", "10", *browser_tests, *sys.argv[1:]]
    print("The tests bring PostgreSQL, Redis and the sandbox with them; each runs on SQLite and on PostgreSQL.")
    if not run("tests", tests, CHROMIUM=chromium or ""):
        failed.append("tests")
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'All passed'} after {time.monotonic() - began:.0f} s.")
    if not chromium:
        print("NOT RUN: tests/browser, because there is no Chromium. Install it, or name it: CHROMIUM=/path make test")
    return 1 if failed else 0


def run(name: str, command: list[str], **env: str) -> bool:
    """Run one step with its output shown; whether it succeeded."""
    print(
        f"\n== {name}: {' '.join(Path(command[0]).name if part is command[0] else part for part in command)}",
        flush=True,
    )
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, check=False).returncode == 0


def find_chromium() -> str | None:
    """The browser that CHROMIUM names, or one that is installed."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)


def install_chromium() -> str | None:
    """Install the browser where that is possible without asking anybody: as root, with apt-get. None: there is none."""
    if os.environ.get("CHROMIUM") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("\n== browser: there is none; installing Chromium with apt-get", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    for command in (["apt-get", "update", "-qq"], *([*install, package] for package in PACKAGES)):
        try:
            subprocess.run(command, env=quiet, check=True, capture_output=True, timeout=INSTALL_WITHIN)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{' '.join(command)} failed: {error}")
        if found := find_chromium():
            return found
    return None


if __name__ == "__main__":
    sys.exit(main())
