"""Rules about the sources that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "rules", "providers", "admin", "tasks", "tests")
SOURCES = [
    path
    for folder in PACKAGES
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and "vendor" not in path.parts
]
PYTHON = [path for path in SOURCES if path.suffix == ".py"] + [ROOT / "wsgi.py"]
PROGRAM = [path for path in PYTHON if "tests" not in path.relative_to(ROOT).parts]
TEMPLATES = [path for path in SOURCES if path.suffix == ".html"]
WRITER = ROOT / "app/services/transitions.py"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def written_here(path: Path) -> bool:
    """Not a vendored, generated or data file."""
    foreign = ".min." in path.name or path.name.startswith("swagger-ui")
    return path.suffix in (".py", ".html", ".css", ".js") and "versions" not in path.parts and not foreign


def test_files_stay_small() -> None:
    lengths = {name(path): path.read_text().count("\n") for path in [*SOURCES, ROOT / "wsgi.py"] if written_here(path)}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_every_module_says_in_one_sentence_what_it_is() -> None:
    silent = []
    for path in PYTHON:
        source = path.read_text()
        said = ast.get_docstring(ast.parse(source)) or ""
        if source.strip() and "versions" not in path.parts and not said.splitlines()[0:1]:
            silent.append(name(path))
    assert silent == []


def test_nothing_is_imported_inside_a_function() -> None:
    found = [
        f"{name(path)}:{inner.lineno}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []


SQL_WRITE = re.compile(r"\bupdate\b.*\bset\b.*\bstatus\s*=", re.IGNORECASE | re.DOTALL)


def status_writes(source: str) -> list[int]:
    """The lines that set a row's status: `x.status = ...`, `setattr(x, "status", ...)`, `.values(status=...)`, SQL."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
                lines.append(node.lineno)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            values = called in ("values", "update") and any(keyword.arg == "status" for keyword in node.keywords)
            if values or (called == "setattr" and "status" in texts):
                lines.append(node.lineno)
        elif isinstance(node, ast.Constant) and SQL_WRITE.search(str(node.value)):
            lines.append(node.lineno)
    return lines


def test_one_file_writes_statuses() -> None:
    hub = [path for path in PROGRAM if path.relative_to(ROOT).parts[0] in ("app", "admin", "tasks")]
    writers = {name(path): lines for path in hub if (lines := status_writes(path.read_text()))}
    assert list(writers) == [name(WRITER)], writers


@pytest.mark.parametrize(
    "source",
    [
        "row.status = 'paid'",
        "row.status: str = 'paid'",
        "setattr(row, 'status', 'paid')",
        "update(Payment).values(status='paid')",
        "execute('UPDATE payments SET status = 1')",
    ],
)
def test_the_check_for_writers_sees_every_way_to_write(source: str) -> None:
    assert status_writes(source) == [1]


INLINE = {
    "a script of its own": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a style sheet of its own": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", re.IGNORECASE),
    "a file from elsewhere": re.compile(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.I
    ),
    "a meta refresh": re.compile(r"http-equiv\s*=\s*[\"']?refresh", re.IGNORECASE),
}


def test_templates_hold_no_inline_code_and_fetch_nothing_from_elsewhere() -> None:
    found = [
        f"{name(path)}: {what}"
        for path in TEMPLATES
        for what, pattern in INLINE.items()
        if pattern.search(path.read_text())
    ]
    assert found == []
    assert len(TEMPLATES) > 10, "the templates were not found"


def test_style_sheets_and_scripts_fetch_nothing_from_elsewhere() -> None:
    foreign = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//|fetch\([\"']https?:|import\s+.*https?://")
    ours = [path for path in SOURCES if written_here(path) and path.suffix in (".css", ".js")]
    assert [name(path) for path in ours if foreign.search(path.read_text())] == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    """A path of this checkout or of somebody's home would mean nothing to anybody else."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    marks = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
    home = re.compile(rb"(?<![\w.])/(?:home|Users)/[a-z]\w+/")
    found = []
    for file in filter(None, tracked):
        path = ROOT / file.decode()
        if path.is_file() and "vendor" not in path.parts:
            text = path.read_bytes()
            if home.search(text) or any(mark in text for mark in marks if len(mark) > 6):
                found.append(name(path))
    assert found == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(
        "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X:", r"pytest\.mark\.(?:skip|xfail)", r"pytest\.skip\("])
    )
    assert [name(path) for path in PYTHON if path != Path(__file__) and marks.search(path.read_text())] == []
