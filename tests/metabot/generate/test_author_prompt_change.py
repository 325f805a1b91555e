"""Which changes of the model count as changes of what the application's model is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from proposals import finding, proposal
from repositories import finding as seen

from metabot.generate.author_prompt_change import may_change_prompt
from metabot.generate.proposal import Edit
from metabot.place.placement import Placed

LOCATION = proposal(finding(), "0" * 40).placed.locations[0]
PLACED = Placed(finding=seen("serial-calls"), revision="0" * 40, revision_known=True, locations=(LOCATION,))
LOOP = 'def go(calls):\n    """Runs the calls."""\n    for one in calls:\n        yield run(one)\n'


def edit(before: str, after: str, path: str = "app.py") -> tuple[Edit, ...]:
    return (Edit(path=path, before=before, after=after),)


def test_how_things_are_run_is_no_change_of_the_prompt() -> None:
    """Python alone, and in it neither prose nor a request."""
    after = LOOP.replace("for one in calls:\n        yield run(one)", "yield from pool.map(run, calls)")
    placed = replace(PLACED, locations=(replace(LOCATION, how="code attribute"),))
    assert not may_change_prompt(placed, edit(LOOP, after))
    assert not may_change_prompt(placed, edit(LOOP, after.replace("Runs the calls.", "Runs all of them together.")))


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param(edit('A = "You are a clerk."\n', 'A = "You are a good clerk."\n'), id="prose"),
        pytest.param(edit("ask(messages)\n", "ask(messages[-9:])\n"), id="the messages of a request"),
        pytest.param(edit("ask(tools=ALL)\n", "ask(tools=SOME)\n"), id="the tools of a request"),
        pytest.param(edit("a: 1\n", "a: 2\n", "prompts/a.yaml"), id="a file that is no Python"),
        pytest.param(edit("a = 1\n", "a = (\n"), id="Python that nobody can read"),
    ],
)
def test_whatever_may_be_told_to_a_model_is(edits: tuple[Edit, ...]) -> None:
    """It then needs the repository's evaluation."""
    placed = replace(PLACED, locations=(replace(LOCATION, how="code attribute"),))
    assert may_change_prompt(placed, edits)


def test_what_is_about_tokens_or_found_by_a_prompt_is() -> None:
    """Whatever its lines look like."""
    harmless = edit("a = 1\n", "a = 2\n")
    code = replace(LOCATION, how="code attribute")
    assert may_change_prompt(replace(PLACED, locations=(replace(code, how="prompt text"),)), harmless)
    assert may_change_prompt(replace(PLACED, finding=seen("prompt-cache-miss"), locations=(code,)), harmless)
