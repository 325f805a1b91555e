"""How often the comparison of times is wrong: `python -m benchmarks.comparison --draws 10000 [--real 20]`.

Draws runs with replacement out of a recording of one unchanged program (`benchmarks.record_noise`) and out of noise of
known shapes, makes of them as many as a verification would, and asks for the outcome: with nothing changed, and with
the change's runs made 30 % shorter. Beside the interval that is used stand others, on the same draws. `--real` runs the
program of `benchmarks.workload` in the sandbox that many times, changed in nothing, and once with 30 % less to do.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.workload import Workload, head, workload
from metabot.verify.comparison import Comparison, Value, compare, noise, outcome, pairs
from metabot.verify.figures import Series
from metabot.verify.interleaved import Budget, Which, interleaved
from metabot.verify.runner import BASE

RECORDED: Final = Path("tests/metabot/verify/recorded/same_program.json")
_MOST_PAIRS: Final = 32
_AGAINST_ITSELF: Final = 4
_THRESHOLD: Final = 0.2
_GAIN: Final = 0.3
_DRAWN_AGAIN: Final = 1_000
_NORMAL: Final = 1.959964

Draw = Callable[[], float]
Method = Callable[[Sequence[Value]], Comparison | None]


def runs(draw: Draw, *, effect: float, threshold: float) -> tuple[Value, ...]:
    """As many runs as a verification makes."""

    def run(which: Which) -> Value:
        return Value(which, draw() * (effect if which == "head" else 1))

    def wanted(so_far: Sequence[Value]) -> bool:
        return Series(tuple(so_far), timed=True).wants_more(resolution=threshold)

    first = [run("base") for _ in range(_AGAINST_ITSELF)]
    return interleaved(first, run, wanted=wanted, budget=Budget(pairs=_MOST_PAIRS, seconds=math.inf))


def resampled(values: Sequence[float], seed: int = 1) -> Draw:
    random = np.random.default_rng(seed)
    held: list[float] = []

    def draw() -> float:
        if not held:
            held.extend(random.choice(values, 4_096).tolist())
        return held.pop()

    return draw


def noises() -> dict[str, Draw]:
    random = np.random.default_rng(0)
    recorded = [run["ms_per_trace"] for run in json.loads(RECORDED.read_text(encoding="utf-8"))["runs"]]
    hiccup = np.where(random.random(100_000) < 0.1, 1.6, 1)
    return {
        "recorded": resampled(recorded),
        "log-normal 3 %": resampled(np.exp(random.normal(0, 0.03, 100_000)).tolist()),
        "log-normal 20 %": resampled(np.exp(random.normal(0, 0.2, 100_000)).tolist()),
        "one in ten × 1.6": resampled((np.exp(random.normal(0, 0.03, 100_000)) * hiccup).tolist()),
    }


def percentile(values: Sequence[Value]) -> Comparison | None:
    """The plain bootstrap: percentiles of the means of pairs drawn again."""
    logs = _logs(values)
    drawn = np.random.default_rng(2).choice(logs, (_DRAWN_AGAIN, len(logs))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return _comparison(values, low, high)


def normal(values: Sequence[Value]) -> Comparison | None:
    """Mean ± 1.96 standard errors."""
    logs = _logs(values)
    error = float(logs.std(ddof=1)) / math.sqrt(len(logs))
    return _comparison(values, float(logs.mean()) - _NORMAL * error, float(logs.mean()) + _NORMAL * error)


def without_floor(values: Sequence[Value]) -> Comparison | None:
    """The interval that is used, and no look at the base against itself."""
    found = compare(values)
    return found and _comparison(values, math.log(found.low), math.log(found.high), floor=0)


def _logs(values: Sequence[Value]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([math.log(after / before) for before, after in pairs(values)])


def _comparison(values: Sequence[Value], low: float, high: float, *, floor: float | None = None) -> Comparison:
    logs = _logs(values)
    used = math.expm1(2 * noise(values) / math.sqrt(len(logs))) if floor is None else floor
    ratio = math.exp(float(logs.mean()))
    return Comparison(ratio=ratio, low=math.exp(low), high=math.exp(high), floor=used, pairs=len(logs))


METHODS: Final[dict[str, Method]] = {
    "bootstrap-t and floor (used)": compare,
    "bootstrap-t, no floor": without_floor,
    "percentile bootstrap and floor": percentile,
    "1.96 standard errors and floor": normal,
}


def rates(draw: Draw, *, effect: float, threshold: float, draws: int) -> tuple[dict[str, float], float]:
    """Share of `better` by method, and the mean number of pairs."""
    found: Counter[str] = Counter()
    made = 0
    for _ in range(draws):
        values = runs(draw, effect=effect, threshold=threshold)
        made += len(pairs(values))
        for name, method in METHODS.items():
            compared = method(values)
            found[name] += compared is not None and outcome(compared, threshold=threshold) == "better"
    return {name: found[name] / draws for name in METHODS}, made / draws


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--draws", type=int, default=10_000)
    arguments.add_argument("--real", type=int, default=0, help="verifications of no change, with real runs")
    arguments.add_argument("--pairs", type=int, default=_MOST_PAIRS, help="the most of them with real runs")
    chosen = arguments.parse_args()
    if chosen.draws:
        _print_rates(chosen.draws)
    if chosen.real:
        with workload() as work:
            _print_real(work, chosen.real, pairs=chosen.pairs)


def _print_rates(draws: int) -> None:
    print(f"Share called better, {draws:,} draws of recorded noise and {draws // 10:,} of the others each;")
    print(f"at most {_MOST_PAIRS} pairs of runs.\n")
    print(f"{'noise':18}{'interval':34}{'same, 20 %':>12}{'same, 0':>10}{'-30 %, 20 %':>13}{'-30 %, 0':>10}")
    for noise_name, draw in noises().items():
        told = [
            rates(draw, effect=effect, threshold=threshold, draws=draws if noise_name == "recorded" else draws // 10)
            for effect, threshold in ((1, _THRESHOLD), (1, 0), (1 - _GAIN, _THRESHOLD), (1 - _GAIN, 0))
        ]
        for method in METHODS:
            shares = [share[method] for share, _ in told]
            print(f"{noise_name:18}{method:34}{shares[0]:12.2%}{shares[1]:10.2%}{shares[2]:13.2%}{shares[3]:10.2%}")
        made = [count for _, count in told]
        print(f"{noise_name:18}{'pairs of runs':34}{made[0]:12.1f}{made[1]:10.1f}{made[2]:13.1f}{made[3]:10.1f}\n")


def _print_real(work: Workload, times: int, *, pairs: int) -> None:
    for effect, repeated in ((1.0, times), (1 - _GAIN, max(1, times // 4))):
        print(f"{repeated} verifications with real runs, at most {pairs} pairs, work × {effect}:")
        begun = time.monotonic()
        found = []
        for _ in range(repeated):
            found.append(_real(work, effect, pairs=pairs))
            print(f"  {_told(found[-1])}", flush=True)
        for threshold in (_THRESHOLD, 0.0):
            ends = Counter(outcome(one, threshold=threshold) for one in found)
            shown = ", ".join(f"{name} {count}" for name, count in ends.most_common())
            print(f"  threshold {threshold}: {shown}", flush=True)
        print(f"  {(time.monotonic() - begun) / repeated:.0f} s each")


def _told(found: Comparison) -> str:
    interval = f"{found.low:.2f} to {found.high:.2f}"
    return f"ratio {found.ratio:.2f}, interval {interval}, floor {found.floor:.0%}, {found.pairs} pairs"


def _real(work: Workload, effect: float, *, pairs: int) -> Comparison:
    changed = head(effect)

    def run(which: Which) -> Value:
        done = work.run(BASE if which == "base" else changed)
        if done.metric is None:
            raise SystemExit(f"a run told nothing: {done.run.output}")
        return Value(which, done.metric.value)

    def wanted(so_far: Sequence[Value]) -> bool:
        return Series(tuple(so_far), timed=True).wants_more(resolution=_THRESHOLD)

    first = [run("base") for _ in range(_AGAINST_ITSELF)]
    found = compare(interleaved(first, run, wanted=wanted, budget=Budget(pairs=pairs, seconds=600)))
    if found is None:
        raise SystemExit("fewer than two pairs ended in time")
    return found


if __name__ == "__main__":
    main()
