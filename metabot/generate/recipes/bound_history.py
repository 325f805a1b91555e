"""Bound history: a long conversation is sent without its oldest turns.

It fires where telemetry shows that every call of a conversation sends all of it again, and no cache serves it:

    client.chat.completions.create(model=MODEL, messages=messages)

becomes

    client.chat.completions.create(model=MODEL, messages=_bounded_history(messages))

with a private function `_bounded_history` and its limit in the same module. The system's words and the first question
always stay. Behind them the oldest turns are left out once the others are longer than the limit, down to half of it at
once, so that the beginning stays the same for many calls. A tool's result never goes without the call that asked for
it. The list itself is not changed. The limit is the finding's own mean of input tokens per call, in characters.

It leaves alone: messages that are made anew for each call, or that the module slices, shortens or takes out; and
several functions of the repository that call a model.
"""

from __future__ import annotations

import math
from typing import Final

import libcst as cst

from analyzers.finding import Metric
from analyzers.prompts.tool_results import CHARS_PER_TOKEN
from metabot.generate.imports import Wanted, bound, imported, with_import
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.history_argument import Sent, doubt, sent_histories
from metabot.generate.recipes.own_sources import own_sources
from metabot.generate.recipes.private_test import private_test
from metabot.generate.recipes.through_function import through_function
from metabot.place.placement import Location, Placed

NAME: Final = "bound-history"
_TITLE: Final = "Bound the history that is sent to the model"  # where there is no short name
_FUNCTION: Final = "_bounded_history"
_STEP: Final = 1_000  # characters: the limit is a multiple of it
_LEAST: Final = 8_000  # characters: a shorter history is cheap to send

_SOURCE: Final = '''\
_MOST_HISTORY = {limit:_}  # characters behind the first question that are sent to the model


def _bounded_history(messages: list[Any]) -> list[Any]:
    """The messages; where they are very long, without the oldest turns behind the first question.

    Many turns go at once, down to half of the limit: until the next cut the beginning stays the same, and a provider's
    prompt cache can hold it. A tool's result never goes without the call that asked for it.
    """

    def told(message: Any, name: str) -> Any:
        return message.get(name) if isinstance(message, dict) else getattr(message, name, None)

    def from_model(message: Any) -> bool:
        return told(message, "role") == "assistant" or told(message, "type") in ("reasoning", "function_call")

    def is_result(message: Any) -> bool:
        content = told(message, "content")
        blocks = content if isinstance(content, list) else []
        of_a_block = any(told(block, "type") == "tool_result" for block in blocks)
        of_a_call = told(message, "type") == "function_call_output"
        return of_a_block or of_a_call or told(message, "role") in ("tool", "function")

    questions = [at for at, message in enumerate(messages) if told(message, "role") == "user"]
    first = questions[0] + 1 if questions else len(messages)
    turns: list[list[int]] = []  # of each that is kept: where it begins, and its characters
    for at in range(first, len(messages)):
        goes_on = from_model(messages[at]) and from_model(messages[at - 1])
        if not turns or not (goes_on or is_result(messages[at])):
            turns.append([at, 0])
        turns[-1][1] += len(str(messages[at]))
        if sum(length for _, length in turns) > _MOST_HISTORY:
            while len(turns) > 1 and sum(length for _, length in turns) > _MOST_HISTORY // 2:
                del turns[0]
    return [*messages[:first], *messages[turns[0][0] if turns else first :]]
'''


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a conversation that grows with every call."""
    if not location.path.endswith(".py"):
        return NotSure("the call is not written in Python")
    limit = limit_of(placed.finding.candidate.evidence.observed)
    found = _place(location, source, base)
    if isinstance(found, NotSure):
        return found
    path, module, sent = found
    after = bounded(module, sent, limit)
    if isinstance(after, NotSure):
        return after
    test = private_test(
        path,
        after,
        base,
        template="tests/bound_history.py.j2",
        purpose="bounded_history",
        function=_FUNCTION,
        limit=limit,
    )
    if isinstance(test, NotSure):
        return test
    symbol = sent[0].symbol
    title = f"Bound the history that {symbol} sends"
    return Written(
        recipe=NAME,
        title=fitting(title, _TITLE) if symbol else _TITLE,
        summary=(
            f"{f'`{symbol}` in `{path}`' if symbol else f'`{path}`'} sends the whole conversation with every call. "
            f"Once what stands behind the first question is longer than {limit:,} characters, the oldest turns are now "
            "left out, down to half of that at once, so that between two cuts the prompt keeps its beginning. The "
            "system's words and the first question always stay, and a tool's result stays with its call."
        ),
        edits=(Edit(path=path, before=module.code, after=after),),
        new_test=test,
        changes_prompt=True,
        risks=("The model no longer knows what was said or found in the turns left out, and may ask for it again.",),
    )


def limit_of(observed: Metric) -> int:
    """The mean prompt of the finding, in characters."""
    return max(_LEAST, math.ceil(observed.value * CHARS_PER_TOKEN / _STEP) * _STEP)


def bounded(module: cst.Module, sent: list[Sent], limit: int) -> str | NotSure:
    """The module's text with these histories bounded."""
    if why := next((why for one in sent if (why := doubt(module, one))), None):
        return NotSure(why)
    if "Any" in bound(module) and imported(module).get("Any") != "typing.Any":
        return NotSure("the module gives Any another meaning")
    text = _SOURCE.replace("{limit:_}", f"{limit:_}")
    after = through_function(module, _FUNCTION, text, [one.messages for one in sent])
    return after if isinstance(after, NotSure) else with_import(after, Wanted("typing", "Any")).code


def _place(location: Location, source: str, base: Base) -> tuple[str, cst.Module, list[Sent]] | NotSure:
    """The placed function if it calls a model, else the one function of the repository that does."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    here = [one for one in sent_histories(module) if one.symbol == location.symbol]
    if here:
        return location.path, module, here
    modules = [(path, module_of(text)) for path, text in own_sources(base) if "messages" in text or "input=" in text]
    found = [(path, one, m) for path, m in modules if isinstance(m, cst.Module) for one in sent_histories(m)]
    functions = {(path, one.symbol) for path, one, _ in found}
    if len(functions) != 1:
        return NotSure(f"{location.symbol or location.path} calls no model, and {len(functions)} other functions do")
    return found[0][0], found[0][2], [one for _, one, _ in found]
