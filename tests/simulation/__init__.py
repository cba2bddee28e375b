"""Long and crowded lives of the hub against the sandbox, both in one process under one clock that the test moves."""

import os

BIG = os.environ.get("SIMULATE") == "big"  # `make simulate`; otherwise a small one of each
