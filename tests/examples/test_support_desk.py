"""The support desk shows what it is there to show: three faults, in its own telemetry, read as plain JSON."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from analyzers.control import control
from analyzers.registry import ANALYZERS
from tests.analyzers.recordings import recorded

ROOT = Path(__file__).parents[2]
DESK = ROOT / "examples" / "support_desk"
SCRIPT = ROOT / "examples" / "support_desk.replay.toml"

Span = dict[str, Any]


def played(desk: Path, telemetry: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """The command in the application's folder, beside the replay at twenty times the speed."""
    replay = [sys.executable, "-m", "metabot.replay", str(SCRIPT), "--speed", "20", "--then", sys.executable, "-m"]
    return subprocess.run(
        [*replay, *command], cwd=desk, env=environment(telemetry), capture_output=True, text=True, check=True
    )


def environment(telemetry: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_KEY": "scripted",
        "OPENAI_BASE_URL": "{model}",
        "SUPPORT_DESK_TELEMETRY": str(telemetry),
    }


def traces(telemetry: Path) -> list[list[Span]]:
    """Spans by trace, in order of their starts, with `attributes` as plain values and the times as numbers."""
    found = defaultdict(list)
    for line in telemetry.read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    values = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
                    times = {"start": int(span["startTimeUnixNano"]), "end": int(span["endTimeUnixNano"])}
                    found[span["traceId"]].append(span | times | {"attributes": values})
    return [sorted(spans, key=lambda span: span["start"]) for spans in found.values()]


def root(trace: list[Span]) -> Span:
    (span,) = (span for span in trace if "parentSpanId" not in span)
    return span


def named(trace: list[Span], beginning: str) -> list[Span]:
    return [span for span in trace if span["name"].startswith(beginning)]


def ended_by_429(trace: list[Span]) -> bool:
    """A GET was refused with 429, the conversation is in error, and nothing started after it."""
    refused = [span for span in trace if span["attributes"].get("http.response.status_code") == "429"]
    return bool(refused) and trace[-1] is refused[-1] and root(trace)["status"]["code"] == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[list[Span]]]:
    """Totals and traces of the whole queue."""
    telemetry = tmp_path_factory.mktemp("run") / "traces.jsonl"
    done = played(DESK, telemetry, "support_desk.run")
    return done.stdout, traces(telemetry)


def test_it_imports_nothing_of_metabot() -> None:
    """It is somebody else's application."""
    imported: set[str] = set()
    for path in (DESK / "support_desk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))
    assert {"openai", "requests"} <= imported
    assert not [name for name in imported if name.partition(".")[0] in ("metabot", "analyzers")]


@pytest.mark.slow
def test_its_own_tests_pass() -> None:
    """In its own folder, with its own settings."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=DESK,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_ticket_is_one_trace(run: tuple[str, list[list[Span]]]) -> None:
    """Sixty conversations with two or three model calls, whose tokens and messages are recorded."""
    totals, found = run
    assert totals.startswith("60 tickets in ")
    assert len(found) == len({root(trace)["attributes"]["gen_ai.conversation.id"] for trace in found}) == 60
    calls = [span["attributes"] for trace in found for span in named(trace, "chat ")]
    assert all(int(call["gen_ai.usage.input_tokens"]) > 1600 for call in calls)
    assert all(json.loads(call["gen_ai.input.messages"])[0]["role"] == "system" for call in calls)


def test_refused_searches_end_conversations(run: tuple[str, list[list[Span]]]) -> None:
    """At least three traces end by a 429 that nothing retries, and every 429 ends its trace."""
    totals, found = run
    ended = sum(map(ended_by_429, found))
    refused = [span for trace in found for span in trace if span["attributes"].get("error.type") == "429"]
    assert ended == len(refused) >= 3
    assert f"{ended} failed" in totals


def test_independent_lookups_run_one_after_the_other(run: tuple[str, list[list[Span]]]) -> None:
    """Both were asked for by one answer; the second starts after the first one's end."""
    _, found = run
    pairs = [(trace, named(trace, "execute_tool lookup")) for trace in found]
    both = [(trace, lookups) for trace, lookups in pairs if len(lookups) == 2]
    assert len(both) >= 50
    for trace, (first, second) in both:
        (answer,) = json.loads(named(trace, "chat ")[0]["attributes"]["gen_ai.output.messages"])
        asked = {part["id"] for part in answer["parts"]}
        assert {first["attributes"]["gen_ai.tool.call.id"], second["attributes"]["gen_ai.tool.call.id"]} == asked
        assert second["start"] >= first["end"]


def test_prompts_of_two_conversations_share_no_leading_line(run: tuple[str, list[list[Span]]]) -> None:
    """Although all but the first two lines of the instructions are the same."""
    _, found = run
    prompts = [
        json.loads(named(trace, "chat ")[0]["attributes"]["gen_ai.input.messages"])[0]["parts"][0]["content"]
        for trace in found
    ]
    assert len({prompt.splitlines()[0] for prompt in prompts}) == len(prompts)
    assert len({tuple(prompt.splitlines()[2:]) for prompt in prompts}) == 1


def test_no_first_call_of_a_conversation_finds_its_prompt_cached(run: tuple[str, list[list[Span]]]) -> None:
    """The later ones find what the conversation itself has sent."""
    _, found = run
    cached = [[int(c["attributes"]["gen_ai.usage.cache_read.input_tokens"]) for c in named(t, "chat ")] for t in found]
    assert {first for first, *_ in cached} == {0}
    assert all(count >= 1024 for _, *later in cached for count in later)


def test_the_telemetry_names_service_version_environment_and_revision(tmp_path: Path) -> None:
    """The commit of the checkout that the application runs from."""
    desk = tmp_path / "desk"
    shutil.copytree(DESK, desk, ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-c", "user.name=Desk", "-c", "user.email=desk@example.com", "-C", str(desk)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "First"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    played(desk, tmp_path / "traces.jsonl", "support_desk.run", "--tickets", "1")
    export = json.loads((tmp_path / "traces.jsonl").read_text(encoding="utf-8").splitlines()[0])
    resource = {a["key"]: a["value"]["stringValue"] for a in export["resourceSpans"][0]["resource"]["attributes"]}
    assert resource["service.name"] == "support-desk"
    assert resource["service.version"]
    assert resource["deployment.environment.name"] == "production"
    assert resource["vcs.ref.head.revision"] == head


def evaluated(desk: Path, telemetry: Path) -> tuple[float, list[list[Span]]]:
    result = json.loads(played(desk, telemetry, "support_desk.evaluate").stdout.splitlines()[-1])
    assert result["cases"] == 20
    return result["score"], traces(telemetry)


@pytest.mark.slow
def test_the_evaluation_is_good_but_not_perfect(tmp_path: Path) -> None:
    """Three conversations end by 429, and the model is wrong twice."""
    score, found = evaluated(DESK, tmp_path / "traces.jsonl")
    assert score == 0.75
    assert sum(map(ended_by_429, found)) == 3


def replaced(path: str, before: str, after: str) -> Callable[[Path], None]:
    def edit(desk: Path) -> None:
        text = (desk / path).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (desk / path).write_text(text.replace(before, after), encoding="utf-8")

    return edit


DYNAMIC = "The time is {now.isoformat()}.\nYou are helping {customer}.\n\n"
LOOP = """            for call in message.tool_calls:
                result = tools.execute(_function_call(call))
"""
POOLED = """            calls = [_function_call(call) for call in message.tool_calls]
            with ThreadPoolExecutor() as pool:
                running = [pool.submit(copy_context().run, tools.execute, call) for call in calls]
            for call, result in zip(calls, [one.result() for one in running]):
"""
GET = 'response = requests.get(f"{_base_url()}{path}", params=params, timeout=5)\n'
RETRY = """        while response.status_code == 429:
            time.sleep(0.05)
            response = requests.get(f"{_base_url()}{path}", params=params, timeout=5)
"""


def mended_prompt(desk: Path) -> None:
    replaced("support_desk/prompts.py", DYNAMIC, "")(desk)
    replaced("support_desk/prompts.py", '\\\\n"\n}}\n', '\\\\n"\n}}\n\n' + DYNAMIC.rstrip() + "\n")(desk)


def mended_lookups(desk: Path) -> None:
    imports = "import os\nfrom concurrent.futures import ThreadPoolExecutor\nfrom contextvars import copy_context\n"
    replaced("support_desk/agent.py", "import os\n", imports)(desk)
    replaced("support_desk/agent.py", LOOP, POOLED)(desk)


def mended_search(desk: Path) -> None:
    replaced("support_desk/tools.py", "import os\n", "import os\nimport time\n")(desk)
    replaced("support_desk/tools.py", GET, GET + RETRY)(desk)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mend", "score"),
    [
        pytest.param([mended_prompt], 0.75, id="prompt"),
        pytest.param([mended_lookups], 0.75, id="look-ups"),
        pytest.param([mended_search], 0.9, id="search"),
        pytest.param([mended_prompt, mended_lookups, mended_search], 0.9, id="all three"),
    ],
)
def test_a_mended_desk_passes_its_tests_and_is_no_worse(
    mend: list[Callable[[Path], None]], score: float, tmp_path: Path
) -> None:
    """Its tests hold whichever fault is mended, and the evaluation rises with the retry alone."""
    desk = tmp_path / "desk"
    shutil.copytree(DESK, desk, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mend:
        edit(desk)
    tests = [sys.executable, "-m", "pytest", "-q"]
    done = subprocess.run(
        tests, cwd=desk, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    found, recorded = evaluated(desk, tmp_path / "traces.jsonl")
    assert found == score
    first = [int(named(t, "chat ")[0]["attributes"]["gen_ai.usage.cache_read.input_tokens"]) for t in recorded]
    assert (min(first[1:]) >= 1600) == (mended_prompt in mend)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mend", "left"),
    [
        pytest.param([], {"prompt-cache-miss", "recurring-error", "serial-calls"}, id="nothing"),
        pytest.param([mended_prompt], {"recurring-error", "serial-calls"}, id="prompt"),
        pytest.param([mended_lookups], {"prompt-cache-miss", "recurring-error"}, id="look-ups"),
        pytest.param([mended_search], {"prompt-cache-miss", "serial-calls"}, id="search"),
        pytest.param([mended_prompt, mended_lookups, mended_search], set(), id="all three"),
    ],
)
def test_of_a_mended_fault_nothing_is_found(mend: list[Callable[[Path], None]], left: set[str], tmp_path: Path) -> None:
    """Whatever is not mended is still found, and nothing else."""
    desk, telemetry = tmp_path / "desk", tmp_path / "traces.jsonl"
    shutil.copytree(DESK, desk, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mend:
        edit(desk)
    played(desk, telemetry, "support_desk.run")
    tables = recorded([telemetry])
    candidates = []
    for analyzer in ANALYZERS.values():
        candidates += analyzer.detect(*(tables.get(frame.name, frame.empty()).lazy() for frame in analyzer.reads))
    assert {finding.candidate.analyzer for finding in control(candidates, window_days=1)} == left


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_a_killed_evaluation_leaves_no_service_behind(tmp_path: Path) -> None:
    """The look-up service ends when the process that started it is gone."""
    given = environment(tmp_path / "traces.jsonl") | {"OPENAI_BASE_URL": "http://127.0.0.1:9"}
    with subprocess.Popen(
        [sys.executable, "-m", "support_desk.evaluate"], cwd=DESK, env=given, stderr=subprocess.PIPE
    ) as evaluation:
        assert evaluation.stderr is not None
        evaluation.stderr.readline()  # the first ticket is through, so the service runs
        children = Path(f"/proc/{evaluation.pid}/task/{evaluation.pid}/children").read_text(encoding="ascii")
        (service,) = map(int, children.split())
        os.kill(evaluation.pid, signal.SIGKILL)
        waiting_since = time.monotonic()
        while _runs(service):
            assert time.monotonic() - waiting_since < 60, "the look-up service still runs"
            time.sleep(0.02)


def _runs(process: int) -> bool:
    """Whether there is such a process that has not ended; what nobody has asked for the end of stays as a zombie."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False
