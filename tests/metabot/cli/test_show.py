"""`metabot show` after `metabot analyze FILE`, whose telemetry is in no store any more, and with a store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders import failing, model, tool, trace
from tests.metabot.cli.command import metabot
from tests.metabot.cli.otlp_file import write
from tests.metabot.cli.test_analyze import failures


def shown(cwd: Path, *options: str, encoding: str = "utf-8") -> str:
    listed = metabot("analyze", *sorted(cwd.glob("*.json")), cwd=cwd).stdout
    found = re.search(r"^  ([0-9a-f]{12})  ", listed, re.MULTILINE)
    assert found is not None, listed
    done = metabot("show", found[1], *options, cwd=cwd, encoding=encoding)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_finding_is_drawn_when_its_telemetry_is_gone(tmp_path: Path) -> None:
    """The trace, the tokens of its calls and the durations of its operation; hostile text stays quoted."""
    write(tmp_path / "a.json", *failures())
    text = shown(tmp_path)
    assert "└── > ! fetch" in text
    assert "input tokens by trace and call" in text
    assert "how long 5 spans of desk/fetch took" in text
    assert "\x1b" not in text
    assert "@everyone" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.slow
def test_more_traces_are_drawn_where_asked(tmp_path: Path) -> None:
    """None, one as a rule, three at most."""
    write(tmp_path / "a.json", *failures())
    assert [len(re.findall("^trace ", shown(tmp_path, *options), re.MULTILINE)) for options in
            ((), ("--traces", "0"), ("--traces", "3"))] == [1, 0, 3]  # fmt: skip


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_characters_gets_others(tmp_path: Path, encoding: str) -> None:
    """No traceback, and the drawing in ASCII."""
    write(tmp_path / "a.json", *failures())
    text = shown(tmp_path, encoding=encoding)
    assert "`-- > ! fetch" in text
    assert "###" in text


def test_text_is_quoted_where_the_store_has_none(tmp_path: Path) -> None:
    """Without prompts that were captured there is nothing to quote, and that is said."""
    write(tmp_path / "a.json", *(trace(model(), failing(tool("fetch")), at=60 * n, status="error") for n in range(5)))
    assert "no text: nothing was kept of two prompts" in shown(tmp_path, "--text")
