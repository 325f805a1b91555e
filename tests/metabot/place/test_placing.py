"""The stage as a whole, on real repositories."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from repositories import anchor, commit, finding, prompt_anchor, repository

from analyzers.finding import Consequence, Fingerprint, Subject
from analyzers.untrusted import Name
from metabot.errors import RepositoryError
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.stopped import Stopped

TOOLS = {"desk/tools.py": "def fetch():\n    pass\n"}
FETCH = anchor("/app/desk/tools.py", "desk.tools.fetch", 1)


def test_the_deployed_revision_is_searched(tmp_path: Path) -> None:
    """What served the traffic is looked at, and its lines are told as the base branch counts them."""
    served = commit(tmp_path, TOOLS)
    target = repository(tmp_path, {"desk/tools.py": "import os\n\n\ndef fetch():\n    pass\n"})
    placed = place(finding("recurring-error", code=(FETCH,), revision=served), target, base_branch="main")
    assert isinstance(placed, Placed)
    assert (placed.revision, placed.revision_known, placed.lines_at) == (served, True, target.resolve("main"))
    assert (placed.locations[0].first_line, placed.locations[0].last_line) == (4, 5)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({"desk/tools.py": "def fetch():\n    return 1\n"}, id="a changed line"),
        pytest.param({"desk/tools.py": "def fetch():\n    x = 1\n    pass\n"}, id="a line put in"),
        pytest.param({"desk/tools.py": "x = 1\n"}, id="the function is gone"),
    ],
)
def test_what_was_changed_since_keeps_the_deployed_lines(tmp_path: Path, now: dict[str, str]) -> None:
    """Whoever writes a change sees that the base branch does not have these lines any more."""
    served = commit(tmp_path, TOOLS)
    placed = place(
        finding("recurring-error", code=(FETCH,), revision=served), repository(tmp_path, now), base_branch="main"
    )
    assert isinstance(placed, Placed)
    assert (placed.locations[0].first_line, placed.lines_at) == (1, None)


@pytest.mark.parametrize("recorded", [None, "0" * 40, "HEAD~1", "other", "-h", ""])
def test_an_unknown_revision_leaves_the_base_branch(tmp_path: Path, recorded: str | None) -> None:
    """Without a commit that the repository has, the base branch is searched and marked unsure."""
    commit(tmp_path, {"first": ""})
    target = repository(tmp_path, TOOLS)
    placed = place(finding("recurring-error", code=(FETCH,), revision=recorded), target, base_branch="main")
    assert isinstance(placed, Placed)
    assert (placed.revision, placed.revision_known) == (target.resolve("main"), False)


def test_a_missing_base_branch_is_an_error(tmp_path: Path) -> None:
    """The settings are wrong then, and the message says which one."""
    target = repository(tmp_path, TOOLS)
    with pytest.raises(RepositoryError, match="base_branch"):
        place(finding("recurring-error", code=(FETCH,)), target, base_branch="trunk")


def test_a_prompt_is_placed_by_its_text_first(tmp_path: Path) -> None:
    """The code attributes name where the model is called; the text says where the prompt is written."""
    static = "\n".join(f"Rule {number} of many that are always the same." for number in range(20))
    target = repository(tmp_path, {**TOOLS, "desk/prompt.py": f'P = """{static}"""\n'})
    about = finding("prompt-cache-miss", code=(FETCH,), prompt=prompt_anchor(static))
    placed = place(about, target, base_branch="main")
    assert isinstance(placed, Placed)
    assert [(one.path, one.how) for one in placed.locations] == [("desk/prompt.py", "prompt text")]


def test_without_the_text_the_code_attributes_count(tmp_path: Path) -> None:
    """A prompt that comes from a database still has a place that sends it."""
    about = finding("prompt-cache-miss", code=(FETCH,), prompt=prompt_anchor("a text that stands elsewhere"))
    placed = place(about, repository(tmp_path, TOOLS), base_branch="main")
    assert isinstance(placed, Placed)
    assert [one.how for one in placed.locations] == ["code attribute"]


@pytest.mark.parametrize(
    ("files", "columns", "reason", "said"),
    [
        pytest.param(TOOLS, {"code": ()}, "not found", "no code attributes", id="nothing recorded"),
        pytest.param({"x.py": ""}, {"code": (FETCH,)}, "not found", "no function there", id="another repository"),
        pytest.param(
            {"desk/tools.js": "function fetch() {}\n"},
            {"code": (anchor("/app/desk/tools.js", "fetch", None),)},
            "not found",
            "on the spans, and code.line.number",
            id="a name in another language",
        ),
        pytest.param(
            {"a/tools.py": TOOLS["desk/tools.py"], "b/tools.py": TOOLS["desk/tools.py"]},
            {"code": (anchor("tools.py", "fetch"),)},
            "ambiguous",
            "a/tools.py:fetch, b/tools.py:fetch",
            id="two equal places",
        ),
    ],
)
def test_stops(tmp_path: Path, files: dict[str, str], columns: dict[str, object], reason: str, said: str) -> None:
    """An unclear place is a value that says what was searched and what to record."""
    stopped = place(finding("recurring-error", **columns), repository(tmp_path, files), base_branch="main")
    assert isinstance(stopped, Stopped)
    assert (stopped.stage, stopped.reason) == ("placed", reason)
    assert said in stopped.detail
    assert "Record" in stopped.detail


TOOL = 'def look_up(q):\n    return q\n\n\nTOOLS = [{"name": "look_up", "parameters": {}}]\n'
CALL = "def ask(client):\n    return client.chat.completions.create(model='m')\n"


@pytest.mark.parametrize(
    ("files", "columns", "found"),
    [
        pytest.param(
            {"a.py": TOOL},
            {"subject": Subject(service=Name("desk"), operation=Name("execute_tool look_up"))},
            [("tool function", "look_up"), ("tool definition", None)],
            id="a tool that the operation names",
        ),
        pytest.param(
            {"a.py": TOOL, "b.py": CALL},
            {"tools": (Name("look_up"),), "code": (anchor("b.py", "ask", 1),)},
            [("tool definition", None)],
            id="a tool that is never called, before the code that offers it",
        ),
        pytest.param(
            {"a.py": "def nightly_report():\n    pass\n"},
            {"subject": Subject(service=Name("desk"), operation=Name("nightly_report"))},
            [("operation name", "nightly_report")],
            id="the operation's function",
        ),
        pytest.param(
            {"a.py": CALL},
            {"subject": Subject(service=Name("desk"), operation=Name("chat m"), detail=Name("m"))},
            [("model call", "ask")],
            id="the only call of a model",
        ),
        pytest.param(
            {"a.py": CALL, "b.py": CALL, "c.py": 'def draft(c):\n    with span("chat m"):\n        pass\n'},
            {"subject": Subject(service=Name("desk"), operation=Name("chat m"))},
            [("operation name", "draft")],
            id="of two calls neither, if the span has one place",
        ),
    ],
)
def test_without_code_attributes_names_count(
    tmp_path: Path, files: dict[str, str], columns: dict[str, object], found: list[tuple[str, str | None]]
) -> None:
    """What the telemetry calls a tool, an operation or a model is looked for in the code."""
    placed = place(finding("recurring-error", **columns), repository(tmp_path, files), base_branch="main")
    assert isinstance(placed, Placed)
    assert [(one.how, one.symbol) for one in placed.locations] == found


@pytest.mark.parametrize(
    ("files", "columns", "named"),
    [
        pytest.param(
            {"a.py": "def run():\n    pass\n"},
            {"subject": Subject(service=Name("desk"), operation=Name("run"))},
            "a.py, line 1 (sure 0.50: the only function of that name)",
            id="a short word",
        ),
        pytest.param(
            {"vendor/x/tools.py": TOOLS["desk/tools.py"]},
            {"code": (anchor("vendor/x/tools.py", "fetch", 1),)},
            "vendor/x/tools.py, line 1 (sure 0.50: the recorded path and function name fit here; the file is",
            id="a vendored copy",
        ),
        pytest.param(
            {"p.md": "A first line of the prompt that is long.\nAnother.\n"},
            {
                "prompt": prompt_anchor(
                    "A first line of the prompt that is long.\nA second one that stands elsewhere..."
                )
            },
            "p.md, line 1 (sure 0.53: 1 of 2 static lines",
            id="half of a prompt",
        ),
    ],
)
def test_a_guess_is_a_report(tmp_path: Path, files: dict[str, str], columns: dict[str, object], named: str) -> None:
    """Below the stated sureness nothing is placed; the best places are named with what speaks for them."""
    stopped = place(finding("recurring-error", **columns), repository(tmp_path, files), base_branch="main")
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "not sure enough"
    assert named in stopped.detail


def test_a_stack_frame_is_told_from_an_attribute(tmp_path: Path) -> None:
    """A reader of the pull request sees what the telemetry carried."""
    raised = replace(anchor("/app/desk/tools.py", "fetch", 1), of_stack=True)
    placed = place(finding("recurring-error", code=(raised,)), repository(tmp_path, TOOLS), base_branch="main")
    assert isinstance(placed, Placed)
    assert [(one.how, one.sure) for one in placed.locations] == [("stack frame", 0.95)]


def test_a_consequence_may_name_the_code(tmp_path: Path) -> None:
    """Where the cause's own spans name none, those of what it leads to do: they are the same spans."""
    effect = finding("recurring-error", code=(FETCH,)).candidate
    consequence = Consequence(fingerprint=Fingerprint("ba9876543210"), candidate=effect, because="these calls fail")
    about = replace(finding("recurring-error"), consequences=(consequence,))
    placed = place(about, repository(tmp_path, TOOLS), base_branch="main")
    assert isinstance(placed, Placed)
    assert [(one.symbol, one.sure) for one in placed.locations] == [("fetch", 0.9)]


def test_what_telemetry_leaves_unclear_no_name_decides(tmp_path: Path) -> None:
    """Two files fit the recorded path: that the operation has the name of a third place does not choose."""
    copies = {"a/tools.py": TOOLS["desk/tools.py"], "b/tools.py": TOOLS["desk/tools.py"]}
    named = {"c.py": 'def draft(c):\n    with span("GET"):\n        pass\n'}
    about = finding("recurring-error", code=(anchor("tools.py", "fetch"),))
    stopped = place(about, repository(tmp_path, copies | named), base_branch="main")
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "ambiguous"


def test_hostile_names_cost_little(tmp_path: Path) -> None:
    """A megabyte of path, a thousand anchors and names made against regular expressions only select, and quickly."""
    long = "../" * 300_000 + "etc/passwd"
    anchors = (anchor(long, "a" * 1_000_000 + "(" * 1000, 4000),) * 1000
    subject = Subject(service=Name("../../etc"), operation=Name("(a+)+$" * 100 + "!"))
    about = finding("prompt-cache-miss", code=anchors, subject=subject, tools=(Name("__import__('os')"),))
    began = time.monotonic()
    stopped = place(about, repository(tmp_path, TOOLS | {"passwd": "x", "etc/passwd": "x"}), base_branch="main")
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "not found"
    assert time.monotonic() - began < 5
