"""`metabot store …` as a person meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.metabot.cli import command
from tests.metabot.store.plain import FORMAT, span, write
from tests.metabot.store.test_exchanges import FIRST, TELLS, call
from tests.metabot.telemetry.exports import export

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings, two loaded sources and a file that grew after it was loaded."""
    (tmp_path / "config.toml").write_text(
        f'[[sources]]\npath = "ovens.jsonl"\nformat = "{FORMAT}"\n\n'
        f'[[sources]]\npath = "street.jsonl"\nformat = "{FORMAT}"\ntrust = "public"\n'
    )
    burnt = span("a", status="error", error_message="ask ada@bakery.test or bob@bakery.test")
    write(tmp_path / "ovens.jsonl", burnt, span("b", clock="order"), "torn \x1b[31m", "torn again", "<b>torn</b>", "no")
    write(tmp_path / "street.jsonl", span("c"))
    metabot("load", cwd=tmp_path)
    with (tmp_path / "ovens.jsonl").open("a") as file:
        file.write("more\n")
    return tmp_path


def metabot(*arguments: str, cwd: Path) -> str:
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    return subprocess.run(
        [sys.executable, "-m", "metabot.cli.main", *arguments],
        cwd=cwd, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip


def printed(*arguments: str, cwd: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(metabot(*arguments, "--format", "json", cwd=cwd))
    return found


def test_sources_say_what_was_read_and_how_far(folder: Path) -> None:
    """Format, trust, bytes of bytes, records, rejects, what has no calendar time, and what was taken out."""
    read, now = (folder / "ovens.jsonl").stat().st_size - len("more\n"), (folder / "ovens.jsonl").stat().st_size
    shown = metabot("store", "sources", cwd=folder)
    for said in (
        "2 sources in ",
        f"{FORMAT}, internal, loaded ",
        f"{FORMAT}, public, loaded ",
        f"read {read:,} of {now:,} bytes; it has changed since, and the next load reads it again",
        "2 spans (1 without calendar time), 0 events, 0 samples, 4 rejects",
        "removed before anything was kept: 2 × e-mail address",
    ):
        assert said in shown


def test_sources_as_json(folder: Path) -> None:
    """The same, for programs; the newest first."""
    found = printed("store", "sources", cwd=folder)
    assert found["schema"] == "metabot.sources/1"
    public, internal = found["sources"]
    assert (public["trust"], internal["trust"]) == ("public", "internal")
    assert (internal["spans"], internal["uncertain"], internal["rejects"]) == (2, 1, 4)
    assert internal["removed"] == {"e-mail address": 2}
    assert internal["bytes_now"] - internal["bytes"] == len("more\n")


def test_rejects_are_shown_by_reason_with_three_examples(folder: Path) -> None:
    """How many, where each stands, and its beginning, in which nothing acts on a terminal."""
    shown = metabot("store", "rejects", cwd=folder)
    assert "4 rejects in " in shown
    assert "4  no JSON" in shown
    assert f"{folder / 'ovens.jsonl'}: line 3" in shown
    assert "“torn again”" in shown
    assert "and 1 more" in shown
    assert "\x1b" not in shown


def test_rejects_as_json(folder: Path) -> None:
    """The same, for programs."""
    found = printed("store", "rejects", cwd=folder)
    assert found["schema"] == "metabot.rejects/1"
    (reason,) = found["rejects"]
    assert (reason["reason"], reason["count"]) == ("no JSON", 4)
    assert [one["position"] for one in reason["examples"]] == ["line 3", "line 4", "line 5"]


def test_a_file_that_is_gone_is_still_listed(folder: Path) -> None:
    """What was read from it stays in the store."""
    (folder / "street.jsonl").unlink()
    assert "the file is no longer there" in metabot("store", "sources", cwd=folder)
    assert printed("store", "sources", cwd=folder)["sources"][0]["bytes_now"] is None


def test_help_teaches_both(tmp_path: Path) -> None:
    """The group lists its commands, and each says what its words mean."""
    assert "rejects" in metabot("store", "--help", cwd=tmp_path)
    shown = metabot("store", "sources", "--help", cwd=tmp_path)
    assert "calendar" in shown
    assert "[store] capture" in " ".join(shown.split())


def recorded(folder: Path, capture: str) -> None:
    """A folder with one recorded model call, loaded."""
    (folder / "config.toml").write_text(
        f'[store]\ncapture = "{capture}"\n[[sources]]\npath = "calls.json"\nformat = "otlp-json"\n'
    )
    (folder / "calls.json").write_text(json.dumps(export(call(0, FIRST, TELLS), call(1, FIRST, None))))
    assert command.metabot("load", cwd=folder).returncode == 0


def test_a_cassette_is_written_and_says_what_is_in_it(tmp_path: Path) -> None:
    """What it holds, what is left out and why; and metabot replay plays it."""
    recorded(tmp_path, "redacted")
    done = command.metabot("store", "cassette", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "1 with a model, 0 with tools, in 1 sequence, 0 failures among them\n"
        "left out: 1 × the answer was not recorded\n"
        "written to out.jsonl\n"
    )
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2
    metabot("replay", "out.jsonl", "--then", "true", cwd=tmp_path)


@pytest.mark.parametrize(
    ("capture", "more", "said"),
    [
        pytest.param("hashes", (), 'capture = "hashes" keeps no text', id="hashes"),
        pytest.param("redacted", ("--service", "bakery"), "holds no exchange that can be replayed", id="none chosen"),
        pytest.param("redacted", ("--since", "soon"), "--since soon: is no time", id="a time that is none"),
    ],
)
def test_where_there_is_none_it_says_so(tmp_path: Path, capture: str, more: tuple[str, ...], said: str) -> None:
    """Exit code 2, and no file."""
    recorded(tmp_path, capture)
    done = command.metabot("store", "cassette", "out.jsonl", *more, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "out.jsonl").exists()
