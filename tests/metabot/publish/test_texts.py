"""What a pull request says, and what telemetry cannot make it say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.finding import Metric, Subject
from analyzers.untrusted import Name, Untrusted
from metabot import config
from metabot.generate.asking.asked import Asked
from metabot.publish.ended import ROOM
from metabot.publish.figures import Labels, figure, figures
from metabot.publish.host import LARGEST_TEXT
from metabot.publish.identity import fingerprint
from metabot.publish.texts import body, commit_message, unchecked
from metabot.verify.measured import Evaluated, Matched, VerifiedProposal
from tests.proposals import FINGERPRINT, evaluated, finding, measured, run, verified, without_evaluation

REAL = Labels(answers="real", cache="real", times="real")
SCRIPTED = Labels(answers="scripted", cache="modelled", times="modelled")


def text_of(of: VerifiedProposal, labels: Labels = SCRIPTED) -> str:
    return body(of, labels, reproduce="metabot run --dry-run")


def about(**changes: Any) -> VerifiedProposal:
    """The proposal for a finding whose candidate has these values."""
    found = finding()
    return verified(found=replace(found, candidate=replace(found.candidate, **changes)))


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("`desk/chat`: 1,900 of 2,000 input tokens are paid in full.", id="problem"),
        pytest.param("2026-09-21 14:13 UTC to 2026-09-21 15:13 UTC", id="window"),
        pytest.param("its token counts, cache hits and times are *modelled*", id="what recorded telemetry may be"),
        pytest.param("1,900 uncached input tokens per call, n = 40", id="observed"),
        pytest.param("trace `4bf92f3577b34da6a3ce929d0e0e4736`, span `00f067aa0ba902b7`", id="exemplar"),
        pytest.param("unknown, the model has no list price", id="an unknown cost and why"),
        pytest.param("The fixed text moves in front", id="why"),
        pytest.param("`app.py`, lines 1–1 (`prompt`)", id="where"),
        pytest.param("| The repository's tests | passed: “3 passed” | passed: “3 passed” |", id="tests"),
        pytest.param("| The new test | failed: “1 failed” | passed, 3 of 3 times: “3 passed” |", id="the new test"),
        pytest.param("| Evaluation score | 0.95 (20 cases) | 0.95 (20 cases) | *scripted* |", id="evaluation"),
        pytest.param("| Evaluation score, *scripted* | 0.95 (20 cases) | 0.95 (20 cases) |", id="the score in front"),
        pytest.param("| Uncached input tokens per call | 1,900 (n = 20) | 400 (n = 20) | *modelled* |", id="metric"),
        pytest.param("| Cached input tokens | 0 | 60,000 | *modelled* |", id="modelled count"),
        pytest.param("| Tool calls | 40 | 40 | *real* |", id="real count"),
        pytest.param("From 1,900 to 400 uncached input tokens per call.", id="prediction"),
        pytest.param("2 calls have no token counts.", id="what the analyzer did not know"),
        pytest.param("The model may weigh", id="risk"),
        pytest.param("```\nmetabot run --dry-run\n```", id="how to reproduce"),
        pytest.param(
            "Query: `prompt-cache-miss`, rule version 1, over the calls of `desk/chat`; `metabot show", id="query"
        ),
        pytest.param("revision, once that covers 1 h and at least 40 calls or traces.", id="when it is judged"),
        pytest.param("- 9 runs of the repository's commands, 13.5 s in all.", id="what it spent"),
        pytest.param("- No language model was asked.", id="and what not"),
        pytest.param("comment `/metabot decline REASON`", id="how to decline"),
        pytest.param(
            "put `prompt-cache-miss` into `analyzers_off` of `.github/metabot.toml`", id="how to switch it off"
        ),
        pytest.param("It never merges; a person does. To decline, close", id="who decides"),
    ],
)
def test_says(said: str) -> None:
    """Each part that a reviewer needs."""
    assert said in text_of(verified())


def test_carries_its_block() -> None:
    """So that it is known again."""
    assert fingerprint(text_of(verified())) == FINGERPRINT


def test_figures_of_a_real_model_are_real() -> None:
    """Without a script nothing is called scripted or modelled, and no answer is excused."""
    assert {row.label for row in figures(measured(), REAL)} == {"real"}
    assert "script" not in text_of(verified(), REAL)


@pytest.mark.parametrize("labels", [REAL, SCRIPTED])
def test_every_figure_of_a_change_that_a_script_wrote_is_scripted(labels: Labels) -> None:
    """Its counts, its prediction and its words as well; what nobody checked is still said."""
    proved = verified()
    scripted = replace(proved, proposal=replace(proved.proposal, author="model", scripted=True))
    text = text_of(scripted, labels)
    rows = [line for line in text.splitlines() if line.endswith("* |")]
    assert len(rows) == len(figures(proved.measured, labels))
    assert all(row.endswith("| *scripted* |") for row in rows)
    assert "a script stood in for the model that wrote this change" in text
    assert "uncached input tokens per call (*scripted*). It is" in text
    assert "the counts" not in text
    assert unchecked(scripted, labels) == unchecked(proved, labels)


@pytest.mark.parametrize(
    ("unit", "label"),
    [("uncached input tokens per call", "modelled"), ("ms per trace", "modelled"), ("share of traces ended", "real")],
)
def test_the_metric_is_labelled_by_what_it_is_made_of(unit: str, label: str) -> None:
    """Cache hits and model times follow a model; whether a trace ended is the application's doing."""
    assert SCRIPTED.of_unit(unit) == label  # type: ignore[arg-type]


def test_labels_follow_the_settings(tmp_path: Path) -> None:
    """A target whose model is a script is measured with scripted answers."""
    for target, labels in (({"model_script": "replay.toml"}, SCRIPTED), ({}, REAL)):
        settings = config.parse({"target": target}, name="config.toml", root=tmp_path)
        assert Labels.of_target(settings.target) == labels


def test_an_unknown_count_is_unknown() -> None:
    """It is not zero, and not left out."""
    base = evaluated("base", 2, 0)
    assert base.counts is not None
    base = replace(base, counts=replace(base.counts, input_tokens=None))
    found = replace(measured(), evaluations=(base, evaluated("head", 1, 0)))
    assert ("Input tokens", "unknown", "80,000") in {row[:3] for row in figures(found, SCRIPTED)}


@pytest.mark.parametrize(
    ("of", "labels", "said"),
    [
        pytest.param(without_evaluation(verified()), REAL, "Answer quality", id="no evaluation"),
        pytest.param(verified(), SCRIPTED, "answers of a real model", id="scripted answers"),
        pytest.param(verified(), SCRIPTED, "prompt cache", id="modelled cache"),
        pytest.param(verified(), REAL, "How long anything takes", id="times"),
        pytest.param(
            replace(verified(), measured=measured(sandbox="none")), REAL, "without a sandbox", id="no sandbox"
        ),
    ],
)
def test_says_what_was_not_checked(of: VerifiedProposal, labels: Labels, said: str) -> None:
    """Each is said where it holds, and only there."""
    assert said in text_of(of, labels)
    assert sum(said in line for line in unchecked(of, labels)) == 1


def test_says_how_much_of_a_recording_was_matched_how() -> None:
    """Over all runs; without a cassette the answers come from a script."""
    matched = Matched(by_rule=0, by_hash=2, by_sequence=0, by_nearest=1, missing=0, late=0)
    runs = tuple(replace(one, matched=matched) for one in measured().evaluations)
    played = replace(verified(), measured=replace(measured(), evaluations=runs))
    count = len(runs)
    found = f"of {3 * count} answers {2 * count} × the recorded request's, {count} × that to the most similar request"
    assert found in text_of(played, SCRIPTED)
    assert sum("come from a recording" in line for line in unchecked(played, SCRIPTED)) == 1
    assert "come from a script" in text_of(verified(), SCRIPTED)


def test_says_nothing_unchecked_that_was_checked() -> None:
    """With an evaluation, a sandbox and a known revision only the times are left."""
    assert [line.split(":")[0] for line in unchecked(verified(), REAL)] == [
        "How long anything takes",
        "2 calls have no token counts.",
    ]


def in_turn(head: float) -> VerifiedProposal:
    """A proposal of a finding about time, proved by eight pairs of runs."""
    order = "bbbb" + "hbbh" * 4
    shaken = [1.0, 1.02, 0.99, 1.01, 0.98, 1.0, 1.02]
    runs = tuple(
        timed("base" if letter == "b" else "head", (400.0 if letter == "b" else head) * shaken[place % 7])
        for place, letter in enumerate(order)
    )
    found = finding()
    waste = replace(found.candidate.evidence, observed=Metric(value=400.0, unit="ms per trace", n=20))
    found = replace(found, candidate=replace(found.candidate, evidence=waste))
    return replace(verified(found=found), measured=replace(measured(), evaluations=runs))


def timed(revision: Any, value: float) -> Evaluated:
    return replace(evaluated(revision, 0, 0), metric=Metric(value=value, unit="ms per trace", n=20))


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("run by run: ms per trace, *modelled*. -30.4%", id="where it comes from and what it comes to"),
        pytest.param("% (95 % CI -3", id="the interval"),
        pytest.param("n = 8 pairs of runs; the base against itself differs by up to", id="how many, and the noise"),
        pytest.param("| base | 12 | 400, 408, 396, 404,", id="the base's runs in order"),
        pytest.param("| with the change | 8 |", id="those of the change"),
        pytest.param("| Input tokens per trace that ends well | 4,211 | 4,211 | counted |", id="a guardrail"),
    ],
)
def test_says_how_sure_a_time_is(said: str) -> None:
    """Every run, the interval, the noise and how many, with its label."""
    assert said in text_of(in_turn(280.0))


def test_a_time_that_was_compared_is_not_unchecked() -> None:
    """Unlike one that was not."""
    assert "How long anything takes" not in text_of(in_turn(280.0))


def test_a_count_says_that_it_was_counted() -> None:
    """Two runs of the base show that it comes out the same."""
    assert "*modelled*. Counted: the base ran twice and came to the same figure." in text_of(verified())


def test_without_an_evaluation_there_is_no_table_of_figures() -> None:
    """Nothing stands where nothing was measured."""
    assert "The evaluation, run on both" not in text_of(without_evaluation(verified()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1900.0, "1,900"),
        (0.0, "0"),
        (12345.678, "12,350"),
        (1234.5678, "1,235"),
        (0.012345, "0.01235"),
        (0.3, "0.3"),
        (1e-9, "0.000000001"),
        (-0.25, "-0.25"),
    ],
)
def test_writes_figures_without_exponent(value: float, text: str) -> None:
    """Whole numbers whole, others to four significant digits."""
    assert figure(value) == text


HOSTILE = [
    "-->\n<!-- metabot {} -->",
    "@team please merge, fixes #1, closes GH-1 and resolves shop/desk#2",
    "[here](https://evil.test) ![](https://evil.test/x.png) <img src=x> https://evil.test www.evil.test",
    "| a | b |\n|---|---|\n# Heading\n```\ncode",
    "\u202eevil\u200b \x1b[31m",
    "`@team` ``` @team",
]
OURS = r"!-- metabot \{\"|/?(?:details|summary)>"
ACTING = re.compile(rf"@|#\d|GH-\d|https?://|www\.|!\[|\]\(|<(?!{OURS})|\u202e|\u200b|\x1b", re.IGNORECASE)


def hostile_everywhere(text: str) -> VerifiedProposal:
    """What telemetry and commands can say, in every place where a proposal keeps it."""
    subject = Subject(service=Name(text), operation=Name(text), detail=Name(text))
    problem = f"{Name(text)} fails with {Name(text)}"
    of = about(subject=subject, problem=problem, quotes=(Untrusted(text), Untrusted(text * 50)))
    return replace(of, measured=replace(measured(), base_tests=run("base", output=f"1 passed\n{text}")))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_out_of_telemetry_acts(text: str) -> None:
    """No mention, closing keyword, link, image, markup or hidden character; headings and rows are ours alone."""
    shown = text_of(hostile_everywhere(text))
    assert ACTING.findall(shown) == []
    ours = text_of(verified())
    for mark in ("#", "|", "```", "<"):
        assert sum(line.startswith(mark) for line in shown.splitlines()) == sum(
            line.startswith(mark) for line in ours.splitlines()
        )
    assert fingerprint(shown) == FINGERPRINT


@given(st.text(max_size=200))
def test_no_text_out_of_telemetry_adds_a_line(text: str) -> None:
    """Whatever it is, it stays within its line."""
    assert len(text_of(hostile_everywhere(text)).splitlines()) == len(text_of(hostile_everywhere("x")).splitlines())


def test_secrets_and_addresses_are_not_quoted() -> None:
    """Not in what telemetry says, not in what a command printed, and not half of one where the text is cut."""
    token = "ghp_" + "a8Kd93jfLq02mXzP7vBn4RtYw6Hs1GcE5uTi"
    of = about(quotes=(Untrusted(f"{'x ' * 90}{token} for ada@shop.test via https://ada:" + "pw1@shop.test"),))
    of = replace(of, measured=replace(measured(), base_tests=run("base", output=f"token {token}")))
    shown = text_of(of)
    assert token[:12] not in shown
    assert "[redacted: GitHub token]" in shown
    shown = text_of(about(quotes=(Untrusted("ada@shop.test https://ada:" + "pw1@shop.test"),)))
    assert "ada" not in shown
    assert "pw1" not in shown


def test_the_commit_says_what_and_why() -> None:
    """A title under 72 characters, the reason, and the finding."""
    lines = commit_message(verified()).splitlines()
    assert lines[:3] == ["Put the prompt's fixed text first", "", verified().proposal.summary]
    assert lines[-1] == f"Finding: prompt-cache-miss {FINGERPRINT}"


CHART = """```mermaid
xychart-beta
    title "uncached input tokens per call, modelled"
    x-axis ["base", "with the change"]
    y-axis 0 --> 2090
    bar [1900, 400]
```"""


def test_draws_what_was_measured() -> None:
    """One bar for each run, or for each revision where its runs came to the same; none where they cannot be told."""
    assert CHART in text_of(verified())
    drawn = text_of(in_turn(280.0))
    assert 'title "ms per trace, modelled; b: base, c: with the change"\n    x-axis ["b1", "b2", ' in drawn
    assert "bar [400, 408, 396, 404, " in drawn
    many = replace(measured(), evaluations=tuple(timed("base", float(value)) for value in range(1, 60)))
    assert "mermaid" not in text_of(replace(verified(), measured=replace(many, evaluations=many.evaluations * 2)))
    assert "mermaid" not in text_of(without_evaluation(verified()))


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (((1_000, True, 0.5), (500, True, 0.25)), "2 requests to a language model, 1,500 tokens, USD 0.75."),
        (((1_000, False, 0.5),), "1 request to a language model, at most 1,000 tokens, USD 0.5."),
        (((1_000, True, 0.5), (10, True, None)), "2 requests to a language model, 1,010 tokens, of unknown price."),
    ],
)
def test_says_what_the_model_cost(calls: tuple[tuple[int, bool, float | None], ...], said: str) -> None:
    """What is not known is not zero."""
    asked = [
        Asked(
            about=FINGERPRINT,
            model="m",
            server="s",
            prompt_hash="",
            started_ns=1,
            seconds=1.0,
            outcome="answered",
            status=None,
            input_tokens=tokens,
            output_tokens=0,
            counted=counted,
            cost_usd=usd,
        )
        for tokens, counted, usd in calls
    ]
    assert f"- {said}\n" in body(verified(), REAL, reproduce="r", asked=asked)


@pytest.mark.parametrize(
    ("over", "left_out"),
    [
        pytest.param(-10, None, id="as long as it may be"),
        pytest.param(10, "every single run", id="a little"),
        pytest.param(600, "the tables of figures", id="more"),
        pytest.param(99_999, "the rest of long lists", id="far"),
    ],
)
def test_is_never_too_long(over: int, left_out: str | None) -> None:
    """What is least needed is left out first, and that is said; the block, the tests and how to decline stay."""
    proved, limit = verified(), LARGEST_TEXT - ROOM
    room = limit - len(text_of(proved)) + len(proved.proposal.summary)
    text = text_of(replace(proved, proposal=replace(proved.proposal, summary="s" * (room + over))))
    assert len(text) <= limit
    assert ("Left out for length" in text) is (left_out is not None)
    assert left_out is None or left_out in text
    assert fingerprint(text) == FINGERPRINT
    assert "| The new test |" in text
    assert "To decline" in text
