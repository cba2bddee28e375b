"""`python -m tests.benchmarks`: runs each benchmark in a process of its own, one after the other."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run every `*_bench.py`; 1 when one of them failed."""
    failed = []
    for path in sorted(Path(__file__).parent.glob("*_bench.py")):
        print(f"\n== {path.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{path.stem}"], check=False).returncode:
            failed.append(path.stem)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
