"""All checks together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metabot.config import Settings
from metabot.doctor.checks import examined
from metabot.doctor.line import Check, Line, ok
from metabot.errors import SettingsError
from tests.metabot.doctor.looked import made


def _broken(_: Settings) -> Iterator[Line]:
    yield ok("begun")
    raise ValueError("ghp_secret")


def _refusing(_: Settings) -> Iterator[Line]:
    raise SettingsError("a.toml: is wrong.\n  Mend it.")
    yield


def test_a_check_that_fails_hides_no_other(tmp_path: Path) -> None:
    """Nor does it print what it failed with: nobody knows what stands in that."""
    checks: dict[str, Check] = {"broken": _broken, "refusing": _refusing, "fine": lambda _: iter([ok("fine")])}
    found = list(examined(made(tmp_path), checks))
    assert [(one.check, one.line.state) for one in found] == [
        ("broken", "ok"),
        ("broken", "problem"),
        ("refusing", "problem"),
        ("fine", "ok"),
    ]
    assert (found[2].line.said, found[2].line.todo) == ("a.toml: is wrong.", "Mend it.")
    assert "ghp_secret" not in repr(found)
