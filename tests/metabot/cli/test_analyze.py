"""`metabot analyze`: how findings are told, and when a build fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.builders import Trace, failing, model, tool, trace
from tests.metabot.cli.command import metabot
from tests.metabot.cli.otlp_file import write

HOSTILE = "**@everyone** fixes #1 [x](http://evil.example) \x1b[31m token=ghp_0123456789abcdefghijABCDEFGHIJ012345"

MINE = (
    '"""Mine: a page."""\nfrom analyzers.latency.serial_calls import READS, RULE_VERSION, Settings, detect, measure\n'
)


def failures(count: int = 5) -> list[Trace]:
    broken = failing(tool("fetch"), "HTTPError", HOSTILE)
    return [trace(model(input_tokens=100, output_tokens=5), broken, at=60 * n, status="error") for n in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "count", "code", "said"),
    [
        pytest.param("any", 5, 4, "--fail-on any: ", id="something was found"),
        pytest.param("any", 0, 0, "", id="nothing was found"),
        pytest.param("cost:0", 5, 0, "", id="a cost that is unknown counts as none"),
        pytest.param("cost:much", 5, 2, "is no limit", id="no amount"),
        pytest.param("cost:-1", 5, 2, "is no limit", id="less than nothing"),
        pytest.param("cost:nan", 5, 2, "is no limit", id="no number"),
        pytest.param("all", 5, 2, "Write any, or cost:USD", id="no such limit"),
    ],
)
def test_a_build_fails_on_what_it_names(tmp_path: Path, limit: str, count: int, code: int, said: str) -> None:
    """Exit code 4 and one line on standard error, after the findings were printed; errors keep their codes."""
    file = write(tmp_path / "a.json", trace(model()), *failures(count), environment="ci")
    done = metabot("analyze", file, "--fail-on", limit, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert ("overview" in done.stdout) == (code != 2)


def test_an_error_is_no_finding(tmp_path: Path) -> None:
    """A file that is not there ends with its own code, whatever --fail-on says."""
    assert metabot("analyze", "absent.json", "--fail-on", "any", cwd=tmp_path).returncode == 2


@pytest.mark.slow
def test_what_tests_alone_have_stands_apart(tmp_path: Path) -> None:
    """Under its own heading, in the table and in Markdown."""
    file = write(tmp_path / "a.json", *failures(), environment="staging")
    done = metabot("analyze", file, cwd=tmp_path)
    assert "seen in tests or evaluations only" in done.stdout
    assert "dearest first" not in done.stdout
    assert "## Findings seen in tests or evaluations only" in metabot(
        "analyze", file, "--format", "markdown", cwd=tmp_path
    ).stdout  # fmt: skip


def test_markdown_renders_links_and_mentions_nothing(tmp_path: Path) -> None:
    """A table and a part for each finding; what telemetry says is quoted, and secrets are gone."""
    text = metabot("analyze", write(tmp_path / "a.json", *failures()), "--format", "markdown", cwd=tmp_path).stdout
    assert "| finding | where | what | costs in all |" in text
    assert "### `desk/fetch" in text
    assert "- It says: “" in text
    for acted_on in ("**@", "@everyone", "#1", "](", "://", "\x1b", "ghp_"):
        assert acted_on not in text
    assert "\n\n\n" not in text


def test_an_empty_recording_says_so_in_markdown(tmp_path: Path) -> None:
    """No table without rows."""
    text = metabot("analyze", write(tmp_path / "a.json", trace(model())), "--format", "markdown", cwd=tmp_path).stdout
    assert "Nothing was found." in text
    assert "|" not in text


def test_a_refused_analyzer_is_told_and_the_others_run(tmp_path: Path) -> None:
    """One line on standard error, one entry in the JSON."""
    (tmp_path / "config.toml").write_text('[analyzers."acme.absent"]\n')
    done = metabot("analyze", write(tmp_path / "a.json", *failures()), "--format", "json", cwd=tmp_path)
    assert done.returncode == 0
    assert "left out: acme.absent: cannot be imported" in done.stderr
    printed = json.loads(done.stdout)
    assert [one["analyzer"] for one in printed["refused"]] == ["acme.absent"]
    assert printed["findings"]


def test_explain_lists_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name, every analyzer with what it finds; by a dotted path, the page of one's own."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/mine.py").write_text(MINE)
    listed = metabot("explain", cwd=tmp_path).stdout
    assert "recurring-error\n  the same error ends trace after trace" in listed
    assert max(map(len, listed.splitlines())) <= 80
    monkeypatch.syspath_prepend(str(tmp_path))
    told = metabot("explain", "acme.mine", cwd=tmp_path).stdout
    for name in ("acme", "acme.mine"):
        del sys.modules[name]
    assert told.startswith("Mine: a page.")
    assert 'Settings, under [analyzers."acme.mine"]:' in told


def test_the_version_is_printed(tmp_path: Path) -> None:
    """As an option of metabot itself."""
    done = metabot("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()[0]) == (0, "metabot")
