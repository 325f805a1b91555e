"""`metabot trace …`: spans of files and of the store, as a list, a tree and figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import span, tool, trace
from tests.metabot.cli.command import Done, metabot
from tests.metabot.cli.otlp_file import write

SETTINGS = """[target]
repository = "."
"""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Two traces, each below an agent's span: layers in each other with a failure, and calls without a layer."""
    deep = span(
        "altitude.transition",
        100,
        span("focus.gate_check", 20),
        span("memory.write", 40, status="error", error_type="OSError", error_message="disk\x1b[31m full"),
    )
    return write(tmp_path / "spans.json", trace(deep), trace(span("answer", 1500, tool("search", 300))))


def asked(folder: Path, *arguments: str) -> dict[str, Any]:
    done = metabot("trace", *arguments, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    values: dict[str, Any] = json.loads(done.stdout)
    return values


def listed(folder: Path, *arguments: str) -> list[str]:
    return [one["operation"] for one in asked(folder, "list", "--file", "spans.json", *arguments)["spans"]]


def test_lists_the_latest_spans_newest_last(recorded: Path) -> None:
    """In 80 columns: when, an ID that show takes, the layer where the operation names one, how long, how it ended."""
    done = metabot("trace", "list", "--last", "5", "--file", recorded.name, cwd=recorded.parent)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["time", "(UTC)", "id", "operation", "took", "status"]
    assert [row.split()[3] for row in rows] == ["[foc]", "[agent]", "[internal]", "[tool]", "[mem]"]
    assert max(map(len, [head, *rows])) <= 80
    assert len(listed(recorded.parent, "--last", "2")) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "operations"),
    [
        pytest.param(["--layer", "altitude"], ["altitude.transition"], id="a layer by its name"),
        pytest.param(["--hrm", "mem"], ["memory.write"], id="a layer by three letters"),
        pytest.param(["--status", "error"], ["memory.write"], id="failures"),
        pytest.param(["--layer", "foc", "--status", "error"], [], id="both"),
    ],
)
def test_chooses_by_layer_and_status(recorded: Path, arguments: list[str], operations: list[str]) -> None:
    """Filters narrow together."""
    assert listed(recorded.parent, *arguments) == operations


def test_draws_a_trace_as_a_tree(recorded: Path) -> None:
    """From the beginning of any of its spans' IDs: layer, operation, outcome and time, children set in below it."""
    spans = asked(recorded.parent, "list", "--file", "spans.json", "--layer", "mem")["spans"]
    done = metabot("trace", "show", spans[0]["span_id"], "--file", "spans.json", cwd=recorded.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == [
        "[agent] handle → success (100ms)",
        "  └─[alt] transition → success (100ms)",
        "      └─[foc] gate_check → success (20ms)",
        "      └─[mem] write → error (40ms) [OSError “disk\\x1b⁅31m full”]",
    ]


def test_takes_the_id_that_a_trace_line_writes(recorded: Path) -> None:
    """`alt_<seconds>_<span id>` names the span by its last part."""
    span_id = asked(recorded.parent, "list", "--file", "spans.json", "--layer", "alt")["spans"][0]["span_id"]
    shown = asked(recorded.parent, "show", f"alt_1790000000_{span_id}", "--file", "spans.json")
    assert [(one["operation"], one["depth"]) for one in shown["spans"]] == [
        ("handle", 0),
        ("altitude.transition", 1),
        ("focus.gate_check", 2),
        ("memory.write", 2),
    ]


def failed(folder: Path, *arguments: str) -> Done:
    done = metabot("trace", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    return done


def test_says_which_ids_an_ambiguous_beginning_has(recorded: Path) -> None:
    """And what to do where none begins so."""
    ids = {one["trace_id"] for one in asked(recorded.parent, "list", "--file", "spans.json")["spans"]}
    said = failed(recorded.parent, "show", "", "--file", "spans.json").stderr
    assert "Write more of it" in said
    assert all(one in said for one in ids)
    assert "metabot trace list" in failed(recorded.parent, "show", "zzz", "--file", "spans.json").stderr


def test_counts_by_layer_with_exact_quantiles(tmp_path: Path) -> None:
    """Of 1 to 100 ms the p95 is 95.05 ms, the average 50.5; spans without a layer are counted by their kind."""
    traces = [trace(span("memory.read", ms, status="error" if ms > 98 else "ok")) for ms in range(1, 101)]
    write(tmp_path / "spans.json", *traces, trace(tool("search", 7)))
    values = asked(tmp_path, "stats", "--file", "spans.json")
    memory, _, tools = values["layers"]
    assert (memory["layer"], memory["operations"], memory["errors"], memory["blocked"]) == ("memory", 100, 2, 0)
    assert (memory["average_ms"], round(memory["p95_ms"], 6), memory["slowest_ms"]) == (50.5, 95.05, 100.0)
    assert (tools["layer"], tools["kind"], tools["p95_ms"]) == (None, "tool", 7.0)
    assert {one["operation"] for one in values["slowest"]} == {"handle", "memory.read", "search"}
    assert asked(tmp_path, "stats", "--file", "spans.json", "--layer", "mem", "--slowest", "0")["slowest"] == []
    table = metabot("trace", "stats", "--file", "spans.json", cwd=tmp_path).stdout
    assert "memory" in table
    assert "(tool)" in table
    assert max(map(len, table.splitlines())) <= 80


def test_reads_the_configured_store(recorded: Path) -> None:
    """What metabot load took in; before the first load it says so."""
    (recorded.parent / "config.toml").write_text(SETTINGS)
    assert "metabot load" in failed(recorded.parent, "stats").stderr
    assert metabot("load", recorded.name, cwd=recorded.parent).returncode == 0
    assert len(asked(recorded.parent, "list")["spans"]) == 7


LINES = (
    (
        "mem_1768312802_c8d2",
        "foc_1768312801_b7c1",
        "02",
        "memory",
        "write",
        "altitude.session",
        "written",
        3,
        "success",
    ),
    ("foc_1768312801_b7c2", "alt_1768312800_a3f2", "01", "foc", "gate_check", "DeleteGate", "", 1, "blocked"),
    ("foc_1768312801_b7c1", "alt_1768312800_a3f2", "01", "foc", "gate_check", "WriteGate", "allowed", 2, "success"),
    ("alt_1768312800_a3f2", None, "00", "altitude", "transition", "L3→L2", "success", 5, "success"),
    ("alt_1768312800_ffff", None, "00", "altitude", "plan", "the same second", "", 0, "success"),
)


Row = tuple[str, str | None, str, str, str, str, str, int, str]


def trace_lines(path: Path, told: tuple[Row, ...] = LINES) -> Path:
    """As an agent writes them: without a zone, children first, ids of a second and four digits."""
    names = ("trace_id", "parent_id", "timestamp", "hrm_layer", "operation", "input_summary", "output_summary")
    keys = (*names, "duration_ms", "status")
    rows = [dict(zip(keys, row, strict=True)) for row in told]
    lines = [json.dumps({**row, "timestamp": f"2026-01-13T14:00:{row['timestamp']}", "metadata": {}}) for row in rows]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("identity", ["alt_1768312800_a3f2", "mem_1768312802_c8d2"])
def test_draws_trace_lines_as_the_application_does(tmp_path: Path, identity: str) -> None:
    """From the ID in any of its lines; the summaries stand in it, and what was blocked is not an error."""
    path = trace_lines(tmp_path / "trace.jsonl")
    done = metabot("trace", "show", identity, "--file", path.name, cwd=tmp_path)
    assert sorted(done.stdout.splitlines()[2:]) == [
        "      └─[mem] write: altitude.session → written (3ms)",
        "  └─[foc] gate_check: DeleteGate → blocked (1ms)",
        "  └─[foc] gate_check: WriteGate → allowed (2ms)",
        "[alt] transition: L3→L2 → success (5ms)",
    ]


def test_tells_traces_of_one_second_apart(tmp_path: Path) -> None:
    """By the digits of their roots' IDs; what took less than its clock's unit took 0 ms; no digits fit both."""
    path = trace_lines(tmp_path / "trace.jsonl")
    done = metabot("trace", "show", "alt_1768312800_ffff", "--file", path.name, cwd=tmp_path)
    assert done.stdout.splitlines()[2:] == ["[alt] plan: the same second → success (0ms)"]
    assert "Write more of it" in failed(tmp_path, "show", "alt_1768312800", "--file", path.name).stderr
    assert "no trace or span" in failed(tmp_path, "show", "alt_1768312800_0000", "--file", path.name).stderr


SHARED = (
    ("alt_1768312800_0007", None, "00", "altitude", "plan", "one", "", 1, "blocked"),
    ("alt_1768312800_0007", None, "00", "altitude", "execute", "other", "", 2, "error"),
    ("alt_1768312800_0008", None, "01", "altitude", "plan", "third", "", 2, "success"),
)


def test_an_id_that_several_roots_share_names_their_traces(tmp_path: Path) -> None:
    """Each is then shown by its own ID; nobody is told to write more of an ID that is whole."""
    path = trace_lines(tmp_path / "trace.jsonl", SHARED)
    said = failed(tmp_path, "show", "alt_1768312800_0007", "--file", path.name).stderr
    assert "Write more" not in said
    first, other = re.findall(r"[0-9a-f]{32}", said)
    shown = [asked(tmp_path, "show", one, "--file", path.name)["spans"] for one in (first, other)]
    assert {tuple(span["operation"] for span in spans) for spans in shown} == {
        ("altitude.plan",),
        ("altitude.execute",),
    }


def test_a_whole_id_is_shown_whatever_else_happened_in_its_second(tmp_path: Path) -> None:
    """Of a line below another one too."""
    more = (("mem_1768312802_7777", None, "02", "memory", "read", "elsewhere", "", 1, "success"),)
    path = trace_lines(tmp_path / "trace.jsonl", (*LINES, *more))
    shown = asked(tmp_path, "show", "mem_1768312802_7777", "--file", path.name)["spans"]
    assert [span["input"] for span in shown] == ["“elsewhere”"]
    assert len(asked(tmp_path, "show", "mem_1768312802_c8d2", "--file", path.name)["spans"]) == 4


def test_an_id_of_ours_that_was_cut_short_is_a_beginning(tmp_path: Path) -> None:
    """Fifteen of its sixteen digits find it among the others of its second."""
    digits = ("4be1f6a2903c7d15", "77e1f6a2903c7d15")
    ours = [
        {
            "trace_id": f"alt_1768312800_{span_id}", "parent_id": None, "timestamp": "2026-01-13T14:00:00.25+00:00",
            "hrm_layer": "altitude", "operation": "plan", "duration_ms": 1.0, "status": "success",
            "otel_trace_id": span_id * 2, "otel_span_id": span_id,
        }
        for span_id in digits
    ]  # fmt: skip
    (tmp_path / "trace.jsonl").write_text("".join(json.dumps(line) + "\n" for line in ours))
    for identity in (f"alt_1768312800_{digits[0]}", f"alt_1768312800_{digits[0][:15]}", digits[0][:15]):
        shown = asked(tmp_path, "show", identity, "--file", "trace.jsonl")["spans"]
        assert [span["span_id"] for span in shown] == [digits[0]]


def test_reads_an_applications_trace_lines_without_settings(tmp_path: Path) -> None:
    """Where there is no settings file, those that it writes here, and that is said."""
    said = failed(tmp_path, "list").stderr
    assert all(name in said for name in ("--file", "METABOT_TRACE_PATH", "--config"))
    trace_lines(tmp_path / ".metabot/trace.jsonl")
    done = metabot("trace", "list", "--status", "blocked", "--format", "json", cwd=tmp_path)
    assert "read from .metabot/trace.jsonl" in done.stderr
    assert [one["operation"] for one in json.loads(done.stdout)["spans"]] == ["focus.gate_check"]


def test_json_is_described(recorded: Path) -> None:
    """docs/json.md names every key."""
    page = (Path(__file__).parents[3] / "docs/json.md").read_text().partition("## metabot trace")[2]
    span_id = asked(recorded.parent, "list", "--file", "spans.json")["spans"][0]["span_id"]
    for arguments in (["list"], ["show", span_id], ["stats"]):
        values = asked(recorded.parent, *arguments, "--file", "spans.json")
        inner = [key for rows in values.values() if isinstance(rows, list) for key in rows[0]]
        assert values["schema"] in page
        assert {key for key in (*values, *inner) if f"`{key}" not in page} == set()


@pytest.mark.parametrize("command", ["list", "stats"])
def test_a_layer_that_nobody_declared_is_refused(tmp_path: Path, command: str) -> None:
    """With those that there are; one of the data is taken by its long name."""
    said = failed(trace_lines(tmp_path / "t.jsonl", OWN).parent, command, "--layer", "per", "--file", "t.jsonl").stderr
    assert "altitude (alt)" in said
    assert "long name" in said
    assert max(map(len, said.splitlines())) <= 90
    asked(tmp_path, command, "--layer", "perception", "--file", "t.jsonl")


OWN: tuple[Row, ...] = (("per_1768312800_0001", None, "00", "perception", "look", "", "", 1, "success"),)


@pytest.mark.parametrize("arguments", [["list"], ["stats"]])
def test_says_that_there_is_nothing(tmp_path: Path, arguments: list[str]) -> None:
    """An empty recording is no error."""
    write(tmp_path / "spans.json", trace(tool("search", 7)))
    done = metabot("trace", *arguments, "--layer", "alt", "--file", "spans.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no span\n")
