"""Which candidates of different analyzers have one cause: they are about the same spans, and one leads to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from analyzers.exhibits import SAMPLE, place
from analyzers.finding import Candidate, Exemplar

_SAME: Final = 0.5  # of the spans of the one that has fewer: below that, two candidates meet by chance

# What an analyzer's finding leads to, and how. Whoever stands on the left is the cause.
LEADS_TO: Final[Mapping[str, Mapping[str, str]]] = {
    "prompt-cache-miss": {
        "late-instructions": "the same instructions open the conversations",
        "cache-loss": "the text that changes stands in front of what was cached",
    },
    "oversized-tool-output": {
        "context-growth": "each call after it sends the large output again",
        "critical-path": "the model has to read the large output",
        "recurring-error": "the large output runs into a limit of the provider",
        "silent-failure": "nothing is answered to an input that large",
    },
    "context-growth": {
        "recurring-error": "the growing prompt runs into a limit of the provider",
        "no-retry": "the growing prompt runs into a limit of the provider",
        "silent-failure": "nothing is answered to a prompt that large",
        "step-limit": "the prompt grows up to the limit",
        "runaway-usage": "each call sends all before it again",
        "critical-path": "the growing prompt has to be read",
    },
    "tool-misuse": {
        "recurring-error": "these are the calls that fail",
        "retry-loop": "a failing call is made again",
        "no-retry": "these are the calls that fail",
        "repeated-call": "a failing call is made again",
        "silent-failure": "the failed call goes unnoticed above",
    },
    "recurring-error": {
        "no-retry": "nothing tries again",
        "retry-loop": "what fails is tried again unchanged",
        "repeated-call": "what fails is tried again unchanged",
        "silent-failure": "the error goes unnoticed above",
        "step-limit": "failing attempts use up the steps",
    },
    "retry-loop": {
        "repeated-call": "the loop makes the same call",
        "step-limit": "the loop uses up the steps",
        "runaway-usage": "the loop makes these calls",
        "silent-failure": "the failed attempts go unnoticed above",
    },
    "runaway-output": {
        "truncated-output": "an answer without end is cut at the limit",
        "missing-timeout": "an answer without end takes as long",
        "critical-path": "an answer without end takes as long",
        "format-retry": "an answer without end cannot be read",
    },
    "truncated-output": {
        "format-retry": "an answer that is cut cannot be read",
        "silent-failure": "nothing of the answer is left",
    },
    "format-retry": {
        "repeated-call": "the same is asked again for its format",
        "retry-loop": "the same is asked again for its format",
    },
    "missing-timeout": {
        "silent-failure": "nothing is answered when the waiting ends",
        "critical-path": "the hanging call is what the user waits for",
    },
    "slow-first-token": {"critical-path": "the call waits in the server's queue"},
    "serial-calls": {"critical-path": "calls that could run together are made in turn"},
    "repeated-call": {
        "step-limit": "repeated calls use up the steps",
        "runaway-usage": "most of these calls are repeated ones",
    },
}  # fmt: skip


def causes(candidates: Sequence[Candidate]) -> dict[int, tuple[int, str]]:
    """Of each candidate that follows from another one, by its place: that one's place, and how it follows.

    The one with which it shares most of its spans; of several alike, the first. What is named has no cause itself:
    a chain of causes ends at its beginning.
    """
    found = {number: cause for number in range(len(candidates)) if (cause := _cause(candidates, number)) is not None}
    return {number: (_beginning(found, number), how) for number, (_, how) in found.items()}


def _cause(candidates: Sequence[Candidate], effect: int) -> tuple[int, str] | None:
    """Reads at most as many spans of each as a sample holds."""
    led = candidates[effect]
    best, most = None, 0.0
    for number, candidate in enumerate(candidates):
        how = LEADS_TO.get(candidate.analyzer, {}).get(led.analyzer)
        if how is None:
            continue
        share = shared(candidate.affected, led.affected)
        if share >= _SAME and share > most:
            best, most = (number, how), share
    return best


def _beginning(found: Mapping[int, tuple[int, str]], number: int) -> int:
    while number in found:
        number = found[number][0]
    return number


def shared(one: frozenset[Exemplar], other: frozenset[Exemplar]) -> float:
    """The share of the smaller of two samples that is in the other, as far as both reach.

    A full sample holds the spans whose ids sort first: beyond its last one nothing is known of its set.
    """
    full = [max(map(place, sample)) for sample in (one, other) if len(sample) >= SAMPLE]
    near, far = ({span for span in sample if not full or place(span) <= min(full)} for sample in (one, other))
    smaller = min(len(near), len(far))
    return len(near & far) / smaller if smaller else 0.0
