"""Tools offered and never called: when it is said, with which figures, and when nothing is said."""

import pytest

from analyzers.finding import Subject
from analyzers.frames import CALLS, SPANS
from analyzers.prompts.unused_tools import Settings, detect, measure
from analyzers.untrusted import Name
from tests.builders import frames, model, tool, trace

SUBJECT = Subject(service=Name("desk"), operation=Name("chat"), detail=Name("large-1"))
OFFERED = {"tools_offered": ["lookup", "refund", "escalate"], "tools_chars": [1000, 3000, 2000]}


def offering(called=("lookup",), **more):
    """A call whose prompt has 8,000 characters and 2,000 tokens, of which 6,000 characters define tools."""
    told = {"prompt_chars": 8000, "input_tokens": 2000, "tools_called": list(called), "finish_reason": "stop"}
    return model(**{**OFFERED, **told, **more})


def read(*traces):
    found = frames(*traces)
    return found.spans, found.calls


def many(traces=6, each=4, **more):
    return read(*(trace(*[offering(**more) for _ in range(each)], at=number) for number in range(traces)))


def test_says_what_the_definitions_cost():
    """Two of three tools were never called: 5,000 of 8,000 characters, 1,250 tokens of each call."""
    spans, calls = many(input_usd_per_mtok=2.0, cached_usd_per_mtok=0.5, cached_tokens=0)
    (found,) = detect(spans, calls)
    assert found.subject == SUBJECT
    assert found.evidence.observed == measure(spans, calls, subject=SUBJECT)
    assert (found.evidence.observed.value, found.evidence.observed.n) == (1250, 24)
    assert found.problem == (
        "about 1,250 input tokens per call define tools that none of 24 calls asked for (2 of up to 3 offered): "
        "escalate, refund"
    )
    assert found.tools == ("escalate", "refund")
    assert found.cost_usd_per_call == pytest.approx(1250 * 2e-6)
    assert (found.traces, found.traces_examined, len(found.affected)) == (6, 6, 24)


def test_cached_definitions_cost_less():
    """Where as many tokens were cached as all definitions take, theirs is the lower price."""
    (found,) = detect(*many(input_usd_per_mtok=2.0, cached_usd_per_mtok=0.5, cached_tokens=1500))
    assert found.cost_usd_per_call == pytest.approx(1250 * 0.5e-6)
    (unsaid,) = detect(*many(input_usd_per_mtok=2.0))
    assert unsaid.unknown[-1].endswith("the cost is an upper bound")
    (unpriced,) = detect(*many(cost_unknown="no price for large-1"))
    assert (unpriced.cost_usd_per_call, unpriced.cost_unknown) == (None, "no price for large-1")


def elsewhere(call):
    """Another part of the service makes use of the tools."""
    return read(*(trace(*[offering() for _ in range(4)], call, at=number) for number in range(6)))


def ran(operation):
    return elsewhere(trace(tool(operation)).root.children[0])


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(many(each=3), id="too few calls"),
        pytest.param(many(traces=4, each=8), id="too few traces"),
        pytest.param(many(called=()), id="no tool was ever called, or none recorded"),
        pytest.param(
            read(*(trace(*[offering()] * 4, offering((), finish_reason="tool_calls"), at=n) for n in range(6))),
            id="the recording lost tool calls",
        ),
        pytest.param(many(tools_chars=[1000, 300, 200]), id="definitions of a few tokens"),
        pytest.param(many(called=OFFERED["tools_offered"]), id="all are called"),
        pytest.param(elsewhere(model("other", tools_called=["refund", "escalate"])), id="another operation calls them"),
        pytest.param(
            read(*(trace(*[offering()] * 4, tool("refund"), tool("execute_tool escalate"), at=n) for n in range(6))),
            id="spans of tools have their names",
        ),
        pytest.param(many(input_tokens=None), id="tokens unknown"),
        pytest.param(many(prompt_chars=None), id="prompts unknown"),
        pytest.param(many(tools_chars=[5]), id="lists of unequal length"),
        pytest.param(many(tools_offered=None, tools_chars=None), id="no tools"),
        pytest.param((SPANS.empty().lazy(), CALLS.empty().lazy()), id="nothing at all"),
    ],
)
def test_says_nothing_when(tables):
    """Tools that are of use, and recordings that do not tell."""
    assert detect(*tables) == []


def test_one_tool_called_spares_that_one():
    """A tool span of one name leaves the other tool unused."""
    (found,) = detect(*ran("refund"))
    assert found.evidence.observed.value == 500


def test_measures_without_conditions():
    """Nothing unused is 0; no offers, no figure."""
    assert measure(*many(called=OFFERED["tools_offered"]), subject=SUBJECT).value == 0
    assert measure(*many(tools_offered=None, tools_chars=None), subject=SUBJECT) is None
    assert measure(SPANS.empty().lazy(), CALLS.empty().lazy(), subject=SUBJECT) is None


def test_nothing_is_made_of_nothing():
    """With no least amounts at all, tools that are called are still no finding."""
    loosest = Settings(min_calls=0, min_traces=0, min_called=0, min_tokens=0)
    assert detect(*many(called=OFFERED["tools_offered"]), settings=loosest) == []
