"""What metabot itself spent on a proposal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabot.generate.asking.asked import Asked
from metabot.publish.figures import figure
from metabot.verify.measured import CommandRun, Measured, VerifiedProposal


def spent(verified: VerifiedProposal, asked: Sequence[Asked]) -> list[str]:
    """In sentences. `asked` are the requests to a language model that the finding cost, over all passes."""
    runs = list(_runs(verified.measured))
    seconds = figure(round(sum(run.seconds for run in runs), 1))
    return [f"{len(runs):,} runs of the repository's commands, {seconds} s in all.", _of_a_model(asked)]


def _of_a_model(asked: Sequence[Asked]) -> str:
    if not asked:
        return "No language model was asked."
    tokens = sum(one.input_tokens + one.output_tokens for one in asked)
    prices = [one.cost_usd for one in asked if one.cost_usd is not None]
    cost = "of unknown price" if len(prices) < len(asked) else f"USD {figure(sum(prices))}"
    most = "" if all(one.counted for one in asked) else "at most "
    times = "1 request" if len(asked) == 1 else f"{len(asked):,} requests"
    return f"{times} to a language model, {most}{tokens:,} tokens, {cost}."


def _runs(measured: Measured) -> Iterator[CommandRun]:
    yield from (measured.base_tests, measured.head_tests, measured.new_test_on_base, *measured.new_test_on_head)
    yield from (one.run for one in measured.evaluations)
    yield from (one.run for one in measured.benchmarks)
    again = measured.rechecked
    rest = (measured.base_tests_again, *((again.new_test, again.alarm, again.tests_alone) if again else ()))
    yield from (run for run in rest if run is not None)
    if again is not None and again.evaluated is not None:
        yield again.evaluated.run
