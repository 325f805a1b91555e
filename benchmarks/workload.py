"""A small application whose steps take time, run as an evaluation is: the noise of a machine as metabot sees it.

Each of its traces calls a model (it sleeps), looks something up (it sleeps), ranks what it found (it computes) and
stores it (it sleeps). The figure is the time that the ranking is alone at work, `ms per trace`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from analyzers.finding import Subject
from analyzers.untrusted import Name
from metabot import config
from metabot.errors import SandboxError
from metabot.verify.environment import TargetEnvironment
from metabot.verify.evaluation import evaluate
from metabot.verify.measured import Evaluated
from metabot.verify.measurement import evaluated
from metabot.verify.proof import prove
from metabot.verify.runner import Revision, Runner

ANALYZER: Final = "critical-path"
SUBJECT: Final = Subject(service=Name("desk"), operation=Name("rank"))

_ROUNDS: Final = 12_000
PROGRAM: Final = """
import hashlib, json, os, time
from pace import ROUNDS

def rank():
    found = b""
    for _ in range(ROUNDS):
        found = hashlib.sha256(found).digest()

def step(trace, number, name, kind, act):
    start = time.time_ns()
    act()
    return span(trace, number, f"{trace:08x}{1:08x}", name, kind, start)

def span(trace, number, parent, name, kind, start):
    attributes = [{"key": "gen_ai.operation.name", "value": {"stringValue": kind}}] if kind else []
    return {"traceId": f"{trace:032x}", "spanId": f"{trace:08x}{number:08x}", "parentSpanId": parent, "name": name,
            "startTimeUnixNano": str(start), "endTimeUnixNano": str(time.time_ns()), "attributes": attributes}

with open(os.environ["TELEMETRY"], "w") as file:
    for trace in range(1, 13):
        start = time.time_ns()
        spans = [
            step(trace, 2, "look up", "execute_tool", lambda: time.sleep(0.003)),
            step(trace, 3, "rank", "execute_tool", rank),
            step(trace, 4, "note", "execute_tool", lambda: time.sleep(0.002)),
            step(trace, 5, "store", "execute_tool", lambda: time.sleep(0.002)),
        ]
        spans.append(span(trace, 1, "", "handle", None, start))
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]}
        print(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}), file=file)
print(json.dumps({"score": 1.0, "cases": 12}))
"""
EVALUATE: Final = {"evaluate": "{python} -S desk.py", "environment": {"TELEMETRY": "{telemetry}"}}


class Workload:
    """Runs of the application, each in a sandbox of its own."""

    def __init__(self, folder: Path) -> None:
        self._settings = config.parse({"target": EVALUATE}, name="config.toml", root=folder)
        sandbox = prove(self._settings, folder / "state")
        if isinstance(sandbox, SandboxError):
            raise sandbox
        base = folder / "base"
        base.mkdir()
        for path, text in files().items():
            (base / path).write_text(text, encoding="utf-8")
        environment = TargetEnvironment(folder=None, tree_at=Path("/target"))
        self._runner = Runner(sandbox=sandbox, environment=environment, base=base, under=folder / "runs")
        self._kept = folder / "telemetry.jsonl"

    def run(self, revision: Revision) -> Evaluated:
        evaluation = evaluate(self._runner, self._settings.target, revision, keep=self._kept)
        return evaluated(evaluation, ANALYZER, SUBJECT, self._settings)


@contextmanager
def workload() -> Iterator[Workload]:
    """Raises SandboxError where this machine has no sandbox."""
    with TemporaryDirectory(prefix="metabot-workload-") as folder:
        yield Workload(Path(folder).resolve())


def head(work: float) -> Revision:
    """A change that leaves this share of the ranking's work: 1 is none at all."""
    return Revision(name="head", files={"pace.py": files(work)["pace.py"]})


def files(work: float = 1) -> dict[str, str]:
    """The application."""
    return {"desk.py": PROGRAM, "pace.py": f"ROUNDS = {round(_ROUNDS * work)}\n"}
