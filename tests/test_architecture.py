"""Who makes which type and who imports what, read from the syntax trees."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MADE_BY = {
    "Span": ("metabot/telemetry/",),
    "Event": ("metabot/telemetry/",),
    "Reject": ("metabot/telemetry/",),
    "ModelCall": ("metabot/telemetry/",),
    "Candidate": ("analyzers/prompts/", "analyzers/latency/", "analyzers/errors/", "analyzers/resources/"),
    "Finding": ("analyzers/control.py",),
    "Placed": ("metabot/place/",),
    "Proposal": ("metabot/generate/",),
    "Measured": ("metabot/verify/",),
    "Tried": ("metabot/verify/",),
    "VerifiedProposal": ("metabot/verify/",),
    "PullRequest": ("metabot/publish/",),
    "RepositorySettings": ("metabot/publish/onboarding.py",),
}
# Where everything may be caught, and how often: an analyzer by dotted path, one of the checks of doctor, the edge of
# what applications import and the functions that they hand over, which may raise what is no Exception, too.
WIDE = {"metabot/plugins.py": 2, "metabot/doctor/checks.py": 1, "metabot_instrument/boundary.py": 3}
STAGES = ["telemetry", "store", "place", "generate", "verify", "publish"]
LIBRARIES = {
    "duckdb": "metabot/store/",
    "git": "metabot/git_folder.py",
    "sqlalchemy": ("metabot/ledger/", "metabot/schedule/scheduler.py"),
    "openai": ("metabot/generate/model.py", "metabot_instrument/model_calls/"),
    "httpx2": "metabot/generate/",
    "github": "metabot/publish/github/",
    "requests": "metabot/publish/github/",
    "apscheduler": "metabot/schedule/",
    "websockets": "metabot/serve/",
    "fastapi": "metabot_instrument/serving/",
    "prometheus_client": ("metabot/telemetry/prometheus.py", "metabot_instrument/metrics/"),
    "psutil": ("metabot_instrument/metrics/", "metabot_instrument/monitor/"),
    "pybreaker": "metabot_instrument/validation/",
    "pyrate_limiter": "metabot_instrument/validation/",
}
# What applications get with it.
INSTRUMENT = {"opentelemetry", "openai", "prometheus_client", "psutil", "fastapi", "pybreaker", "pyrate_limiter"}


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for above in (root, root / "instrument"):
        for folder in ("analyzers", "metabot", "metabot_instrument"):
            for path in sorted((above / folder).rglob("*.py")):
                yield str(path.relative_to(above)), parsed(path)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def constructed(tree: ast.Module) -> Iterator[str]:
    """Names of the types that a module calls, also through an alias, an attribute or `replace`d copies of them."""
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name):
                    yield names.get(name, name)
                case ast.Attribute(value=ast.Name(id="threading" | "asyncio"), attr="Event"):
                    pass  # the standard library's
                case ast.Attribute(attr=name):
                    yield name


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written whole"
            yield node.module or ""


def strangers(root: Path) -> list[str]:
    """Every place that makes a type which another stage alone may make."""
    return [
        f"{path} makes {name}"
        for path, tree in sources(root)
        if not path.startswith("metabot_instrument/")  # it has spans and events of its own
        for name in constructed(tree)
        if name in MADE_BY and not path.startswith(MADE_BY[name])
    ]


def test_each_type_is_made_by_its_own_stage_only() -> None:
    """A VerifiedProposal that verify did not make, or a Finding that control did not decide, cannot exist."""
    assert strangers(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("VerifiedProposal(proposal=p)", id="plain"),
        pytest.param("measured.VerifiedProposal(proposal=p)", id="through its module"),
        pytest.param(
            "from metabot.verify.measured import VerifiedProposal as V\nV(proposal=p)", id="under another name"
        ),
    ],
)
def test_a_stranger_is_noticed(tmp_path: Path, line: str) -> None:
    """The rule above fails where somebody else makes the type."""
    (tmp_path / "analyzers").mkdir()
    (tmp_path / "metabot").mkdir()
    (tmp_path / "metabot/pipeline.py").write_text(line)
    assert strangers(tmp_path) == ["metabot/pipeline.py makes VerifiedProposal"]


def test_every_type_has_its_maker() -> None:
    """A type that nobody makes would make the rule above empty."""
    made = {name for _, tree in sources(ROOT) for name in constructed(tree)}
    assert set(MADE_BY) <= made


def test_no_stage_imports_a_later_one() -> None:
    """Data flows one way and imports point the other way; only the pipeline and the command line know them all."""
    wrong = []
    for path, tree in sources(ROOT):
        for module in imported(tree):
            if path.startswith("analyzers/") and module.startswith("metabot"):
                wrong.append(f"{path} imports {module}")
            for stage in STAGES:
                if path.startswith(f"metabot/{stage}/"):
                    later = [*STAGES[STAGES.index(stage) + 1 :], "cli", "pipeline", "analysis"]
                    wrong += [f"{path} imports {module}" for name in later if module.startswith(f"metabot.{name}")]
    assert wrong == []


def test_each_outside_library_is_imported_in_one_place() -> None:
    """A library that reads, writes or connects has one file or folder, which maps its failures."""
    wrong = [
        f"{path} imports {module}"
        for path, tree in sources(ROOT)
        for module in imported(tree)
        if not path.startswith(LIBRARIES.get(module.split(".")[0], ""))
    ]
    assert wrong == []


def test_nothing_catches_every_exception() -> None:
    """No `except Exception`, `except BaseException` or bare `except` hides a bug; one that raises it again does not.

    Where strangers' code is called it stands, and each such place is listed.
    """
    wide = Counter(
        path
        for path, tree in sources(ROOT)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    )
    assert wide == WIDE


def test_raw_telemetry_text_is_taken_out_in_listed_places_only() -> None:
    """`raw_for_storage` is for the ledger's encoding and for selecting among the repository's own paths."""
    users = {
        path
        for path, tree in sources(ROOT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "raw_for_storage"
    }
    assert users <= {"metabot/ledger/encoding.py", "metabot/place/code_attributes.py"}


def test_what_applications_import_knows_nothing_of_the_bot() -> None:
    """The instrument needs OpenTelemetry; its words need the standard library alone."""
    allowed = {*sys.stdlib_module_names, "metabot_instrument"}
    wrong = []
    for path, tree in sources(ROOT):
        if not path.startswith("metabot_instrument/"):
            continue
        alone = path.startswith("metabot_instrument/vocabulary/")
        for module in imported(tree):
            first = module.split(".")[0]
            if first not in allowed and (alone or first not in INSTRUMENT):
                wrong.append(f"{path} imports {module}")
            if alone and first == "metabot_instrument" and not module.startswith("metabot_instrument.vocabulary"):
                wrong.append(f"{path} imports {module}")
    assert wrong == []
