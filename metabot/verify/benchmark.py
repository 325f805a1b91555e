"""The repository's own benchmark at a revision, in the sandbox, beside the replay server as the evaluation is.

The command's last line on standard output gives the times: `{"seconds": 1.5}`, or a name and its seconds for each case,
`{"small": 0.2, "large": 1.3}`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from metabot.config import Target
from metabot.verify.commands import words
from metabot.verify.evaluation import last_line, run_beside_replay
from metabot.verify.measured import Benchmarked, Timing
from metabot.verify.runner import Revision, Runner

_MOST_CASES: Final = 100
_LONGEST_NAME: Final = 80


def benchmarked(runner: Runner, target: Target, revision: Revision) -> Benchmarked:
    """Runs `target.benchmark` once."""
    result = run_beside_replay(runner, target, words(target.benchmark), revision)
    return Benchmarked(run=result.run, timings=_timings(last_line(result.stdout)))


def _timings(said: Mapping[str, Any]) -> tuple[Timing, ...]:
    """In the order of the names; none where one of them is no positive number, or a name is none to print."""
    timings = tuple(Timing(name, float(seconds)) for name, seconds in sorted(said.items()) if _is_time(seconds))
    printable = all(name.isprintable() and 0 < len(name) <= _LONGEST_NAME for name in said)
    return timings if len(timings) == len(said) <= _MOST_CASES and printable else ()


def _is_time(said: Any) -> bool:
    return isinstance(said, (int, float)) and not isinstance(said, bool) and 0 < said < math.inf
