"""The repository's own evaluation at a revision, beside the replay server, in the sandbox.

The model is `target.model_script`, a script or a cassette, played by `metabot.replay` inside the sandbox, which has no
network; how it found its answers is kept. The command's last line on standard output gives the score:
`{"score": 0.8, "cases": 20}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import metabot
from metabot.config import Target
from metabot.verify.commands import BASE_PYTHON, Words, words
from metabot.verify.measured import CommandRun, Matched
from metabot.verify.runner import Result, Revision, Runner
from metabot.verify.shown import Shown
from metabot.verify.unmet import Unmet

_PACKAGE: Final = Path(metabot.__file__).resolve().parent
_REPLAY: Final = (_PACKAGE / "__init__.py", _PACKAGE / "replay")
# Not `python -m`, which would import from the target's own folder first; and no PYTHONPATH, which the evaluation
# would inherit.
_START: Final = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('metabot.replay', run_name='__main__', alter_sys=True)"
)

_MOST_CASES: Final = 2**53  # what JSON readers agree on as a whole number


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    run: CommandRun
    score: float | None
    cases: int | None
    telemetry: Path | None  # None: it wrote none
    matched: Matched | None = None  # None: no replay server answered
    shown: Shown | None = None  # what the telemetry shows; None also where it was not read yet


def unmeasurable(target: Target) -> Unmet | None:
    """Settings that name a model or tools, and no file that answers: the sandbox has no network."""
    named = [name for name, value in target.environment.items() if "{model}" in value or "{tools}" in value]
    if not named or target.model_script is not None:
        return None
    detail = f"target.environment.{named[0]} names {{model}} or {{tools}}. Set target.model_script to what answers."
    return Unmet("better", "not measured", detail)


def evaluate(runner: Runner, target: Target, revision: Revision, *, keep: Path, marked: bool = True) -> Evaluation:
    """Runs `target.evaluate`; its telemetry is moved to the file `keep`. `marked`: see `run_beside_replay`."""
    command = words(target.evaluate)
    result = run_beside_replay(runner, target, command, revision, telemetry=keep, marked=marked)
    said = last_line(result.stdout)
    return Evaluation(
        run=result.run,
        score=_score(said.get("score")),
        cases=_cases(said.get("cases")),
        telemetry=keep if keep.exists() else None,
        matched=result.matched,
    )


def run_beside_replay(
    runner: Runner,
    target: Target,
    command: Words,
    revision: Revision,
    *,
    telemetry: Path | None = None,
    marked: bool = True,
) -> Result:
    """Runs a command with `target.environment`, and the scripted model within its reach.

    Not `marked`: neither its environment nor an answer says that a replay answers, its address is written by name, and
    times are drawn anew.
    """
    script = target.model_script
    return runner.run(
        command,
        revision,
        before=() if script is None else _beside_replay(script.resolve(), target.model_speed, marked=marked),
        variables=target.environment,
        read_only=() if script is None else (*_REPLAY, script.resolve()),
        telemetry=telemetry,
    )


def _beside_replay(script: Path, speed: float, *, marked: bool) -> Words:
    replay = (str(BASE_PYTHON), "-I", "-c", _START, str(_PACKAGE.parent), str(script))
    options = ("--speed", str(speed), "--summary", "{summary}")
    apart = () if marked else ("--seed", "1", "--unmarked", "--called", "localhost")
    return (*replay, *options, *apart, "--then")


def last_line(stdout: str) -> Mapping[str, Any]:
    """The JSON object on the last line that is not blank; empty where there is none."""
    lines = [line for line in stdout.splitlines() if line.strip()]
    try:
        said = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):  # brackets in brackets, more than the decoder follows
        return {}
    return said if isinstance(said, dict) else {}


def _score(said: Any) -> float | None:
    if not isinstance(said, (int, float)) or isinstance(said, bool):
        return None
    try:
        score = float(said)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return score if math.isfinite(score) else None


def _cases(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < _MOST_CASES else None
