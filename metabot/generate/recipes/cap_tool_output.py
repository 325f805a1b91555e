"""Cap tool output: a tool's result enters the history as its beginning and its end, if it is very long.

It fires where telemetry shows that a tool's results make up most of the prompts behind them:

    messages.append({"role": "tool", "tool_call_id": call.id, "content": run(call)})

becomes

    messages.append({"role": "tool", "tool_call_id": call.id, "content": _capped_output(run(call))})

with a private function `_capped_output` and its limit in the same module. A text of more characters is shown as its
first and last ones, with a line between that says how many are left out; what is no text, and what is shorter, stays
as it is. The limit is half of what `oversized-tool-output` calls long.

It looks for the message in the placed function, else for the one function of the repository that makes such messages;
where there is none, or several, the texts that the placed function returns are capped, if it is registered as a tool
and nothing else of the repository calls it.

It leaves alone: results that are sliced or shortened already, constant texts, and tools that return something else than
text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from analyzers.prompts.oversized_tool_output import Settings
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.own_sources import called_in, own_sources
from metabot.generate.recipes.private_test import private_test
from metabot.generate.recipes.through_function import through_function
from metabot.generate.recipes.tool_message import Result, mentioned, tool_results
from metabot.generate.recipes.tool_return import returned_texts
from metabot.place.placement import Location, Placed

NAME: Final = "cap-tool-output"
_TITLE: Final = "Cap what the model is shown of a tool's result"  # where there is no short name
LIMIT: Final = Settings().min_chars // 2
_FUNCTION: Final = "_capped_output"

_SOURCE: Final = f'''\
_MOST_OUTPUT = {LIMIT:_}  # characters of a tool's result that the model is shown


def {_FUNCTION}(text: str) -> str:
    """The text; of a very long one its beginning and end, and how much is left out between them."""
    if not text or len(text) <= _MOST_OUTPUT:
        return text
    half = _MOST_OUTPUT // 2 - 80
    left_out = len(text) - 2 * half
    note = f"[{{left_out}} of {{len(text)}} characters are left out here; ask for less to see them]"
    return f"{{text[:half]}}\\n{{note}}\\n{{text[-half:]}}"
'''


@dataclass(frozen=True, slots=True)
class Capped:
    path: str
    before: str
    after: str
    symbol: str | None  # the function in which results are capped


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a tool whose results fill prompts."""
    if not location.path.endswith(".py"):
        return NotSure("the tool is not written in Python")
    capped = _here(location, source) or _elsewhere(location, source, base)
    if isinstance(capped, NotSure):
        return capped
    test = private_test(
        capped.path,
        capped.after,
        base,
        template="tests/cap_tool_output.py.j2",
        purpose="capped_output",
        function=_FUNCTION,
        limit=LIMIT,
    )
    if isinstance(test, NotSure):
        return test
    where = f"`{capped.symbol}` in `{capped.path}`" if capped.symbol else f"`{capped.path}`"
    title = f"Cap what {capped.symbol} shows of a tool's result"
    return Written(
        recipe=NAME,
        title=fitting(title, _TITLE) if capped.symbol else _TITLE,
        summary=(
            f"{where} hands a tool's result to the model whole, however long it is, and every later call of the "
            f"conversation sends it again. Of a result with more than {LIMIT:,} characters the model is now shown the "
            "beginning and the end, and between them how many characters are left out. Shorter results are unchanged."
        ),
        edits=(Edit(path=capped.path, before=capped.before, after=capped.after),),
        new_test=test,
        changes_prompt=True,
        risks=(
            "What the model needs may stand in the part that is left out; it can only ask for less.",
            "A long result in JSON is no whole JSON any more where the model reads it.",
        ),
    )


def _here(location: Location, source: str) -> Capped | NotSure | None:
    """Where the placed function makes the message."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    own = [one for one in tool_results(module) if one.symbol == location.symbol]
    return _capped(location.path, module, own) if own else None


def _elsewhere(location: Location, source: str, base: Base) -> Capped | NotSure:
    """Where one function of the repository makes all such messages; else at the end of the tool."""
    modules = [(path, module_of(text)) for path, text in own_sources(base) if mentioned(text)]
    found = [(path, one, m) for path, m in modules if isinstance(m, cst.Module) for one in tool_results(m)]
    functions = {(path, one.symbol) for path, one, _ in found}
    if len(functions) == 1:
        return _capped(found[0][0], found[0][2], [one for _, one, _ in found])
    returned = _returned(location, source, base)
    if found and isinstance(returned, NotSure):
        return NotSure(f"{len(functions)} functions hand tools' results to the model, and none of them is the place")
    return returned


def _returned(location: Location, source: str, base: Base) -> Capped | NotSure:
    """Where the tool returns text, and a framework makes the message."""
    module = module_of(source)
    texts = module if isinstance(module, NotSure) else returned_texts(module, location.symbol)
    if isinstance(texts, NotSure):
        return texts
    assert isinstance(module, cst.Module)
    assert location.symbol is not None
    if called_in(base, location.symbol.rpartition(".")[2]):
        return NotSure(f"other code of the repository calls {location.symbol}, and may need its whole result")
    return _capped(location.path, module, [Result(text, location.symbol, None) for text in texts])


def _capped(path: str, module: cst.Module, results: list[Result]) -> Capped | NotSure:
    symbol = results[0].symbol
    if any(one.cut_already for one in results):
        return NotSure(f"{symbol or path} shortens results already")
    after = through_function(module, _FUNCTION, _SOURCE, [one.content for one in results])
    return after if isinstance(after, NotSure) else Capped(path, module.code, after.code, symbol)
