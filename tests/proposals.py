"""A finding, and the verified proposal for it, whole: `verified(base, before="a\n", after="b\n")`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from analyzers.finding import Candidate, Exemplar, Finding, Fingerprint, Metric, Subject, Waste
from analyzers.untrusted import Name, Untrusted
from metabot.generate.proposal import Edit, NewTest, Prediction, Proposal
from metabot.place.placement import Location, Placed
from metabot.verify.measured import CommandRun, Counts, Evaluated, Measured, VerifiedProposal
from metabot.verify.tested import TestReport

FINGERPRINT = Fingerprint("0123456789ab")
REPORT = TestReport(passed=3, failed=0, skipped=0, failures=())
RED = replace(REPORT, passed=0, failed=1)
UNIT: Literal["uncached input tokens per call"] = "uncached input tokens per call"


def finding(
    fingerprint: str = FINGERPRINT, *, problem: str = "1,900 of 2,000 input tokens are paid in full"
) -> Finding:
    subject = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))
    candidate = Candidate(
        analyzer="prompt-cache-miss",
        rule_version=1,
        subject=subject,
        evidence=Waste(observed=Metric(value=1900.0, unit=UNIT, n=40), achievable=400.0, occurrences=39),
        problem=problem,
        e_value=None,
        first_ns=1_790_000_000_000_000_000,
        last_ns=1_790_003_600_000_000_000,
        traces=39,
        traces_examined=40,
        cost_usd_per_call=None,
        cost_unknown="the model has no list price",
        seconds_per_call=None,
        exemplars=(Exemplar(trace_id="4bf92f3577b34da6a3ce929d0e0e4736", span_id="00f067aa0ba902b7"),),
        quotes=(Untrusted("the prompt said so"),),
        unknown=("2 calls have no token counts",),
    )
    return Finding(fingerprint=Fingerprint(fingerprint), candidate=candidate, cost_usd_per_month=None)


def run(revision: Literal["base", "head"], exit_code: int = 0, output: str = "3 passed") -> CommandRun:
    command = ("python", "-m", "pytest", "-q")
    return CommandRun(
        command=command,
        revision=revision,
        exit_code=exit_code,
        seconds=1.5,
        limit=None,
        output=output,
        report=REPORT if exit_code == 0 else RED,
    )


def evaluated(revision: Literal["base", "head"], value: float, cached: int) -> Evaluated:
    return Evaluated(
        run=run(revision, output="score 0.95"),
        score=0.95,
        cases=20,
        metric=Metric(value=value, unit=UNIT, n=20),
        counts=Counts(
            traces=20,
            error_traces=1,
            model_calls=40,
            tool_calls=40,
            input_tokens=80_000,
            cached_tokens=cached,
            output_tokens=4_000,
        ),
    )


def measured(*, sandbox: str = "bwrap") -> Measured:
    return Measured(
        sandbox=sandbox,
        base_tests=run("base"),
        head_tests=run("head"),
        new_test_on_base=run("base", exit_code=1, output="1 failed"),
        new_test_on_head=(run("head"), run("head"), run("head")),
        evaluations=(evaluated("base", 1900.0, 0), evaluated("base", 1900.0, 0), evaluated("head", 400.0, 60_000)),
    )


def proposal(
    found: Finding, base: str, *, path: str = "app.py", before: str = "PRICE = 1\n", after: str = "PRICE = 2\n"
) -> Proposal:
    where = Location(
        path=path,
        first_line=1,
        last_line=1,
        symbol="prompt",
        how="prompt text",
        sure=0.9,
        why="9 of 10 lines stand here",
    )
    return Proposal(
        placed=Placed(finding=found, revision=base, revision_known=True, locations=(where,)),
        author="recipe",
        recipe="stable-prompt-prefix",
        title="Put the prompt's fixed text first",
        summary="The fixed text moves in front of what changes with every call.",
        edits=(Edit(path=path, before=before, after=after),),
        new_test=NewTest(path="tests/test_prefix.py", text="def test_prefix():\n    assert True\n"),
        prediction=Prediction(unit=UNIT, observed=1900.0, expected=400.0),
        changes_prompt=True,
        risks=("The model may weigh the parts of its instructions differently.",),
    )


def verified(base: str = "a" * 40, found: Finding | None = None) -> VerifiedProposal:
    return VerifiedProposal(proposal=proposal(found or finding(), base), base_revision=base, measured=measured())


def without_evaluation(of: VerifiedProposal) -> VerifiedProposal:
    return replace(of, measured=replace(of.measured, evaluations=()))
