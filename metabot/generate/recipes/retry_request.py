"""Retry request: a request that is answered "try again" is sent again, three times at most.

It fires where telemetry shows that answers of status 429, 502, 503 or 504 end the work and nothing tries again, and the
placed function makes one request that may be repeated:

    answer = await self.client.get(path)
    answer.raise_for_status()

becomes

    answer = await _retried(partial(self.client.get, path))
    answer.raise_for_status()

with a private function `_retried` in the same module. It waits as many seconds as `Retry-After` says (its form as a
date counts as absent), else about 1, 2 and 4 seconds, each a little more or less so that not all callers come back at
once, and never longer than 10. Only the statuses that were seen are retried; the last answer is handed on as it is.

It reads clients and sessions of `requests` and `httpx`, in functions, methods and coroutines, and `urlopen`. May be
repeated: `get`, `head`, `options`, `put`, `delete`, and a `post` to a path by which a model is asked. The clients of
OpenAI and Anthropic try again by themselves.

It leaves alone: requests that change something, in a loop, in a `try` that handles the error, or streamed; modules that
import a retrying library; functions with several such requests, and those that a generated test cannot call.
"""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.calls.added import Added, with_function
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Source, Splice
from metabot.generate.calls.written_call import deferred
from metabot.generate.imports import Wanted
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.repeatable_request import Request, only_request
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "retry-request"
_TRANSIENT: Final = frozenset({429, 502, 503, 504})  # https://www.rfc-editor.org/rfc/rfc9110, rfc6585 for 429
_FUNCTION: Final = "_retried"

_BY_ANSWER: Final = '''\
{define} _retried(send: Callable[[], {gives}]) -> Any:
    """Sends again, three times at most, while the answer's status is {words}.

    Waits the seconds that Retry-After names, else about 1, 2 and 4; never more than 10.
    """
    for wait in (1.0, 2.0, 4.0):
        answer = {awaits}send()
        if answer.status_code not in {statuses}:
            return answer
        asked = answer.headers.get("Retry-After") or ""
        {awaits}{sleep}(min(float(asked) if asked.isdecimal() else wait * random.uniform(0.8, 1.2), 10.0))
    return {awaits}send()
'''
_BY_ERROR: Final = '''\
def _retried(send: Callable[[], Any]) -> Any:
    """Sends again, three times at most, while the answer's status is {words}.

    Waits the seconds that Retry-After names, else about 1, 2 and 4; never more than 10.
    """
    for wait in (1.0, 2.0, 4.0):
        try:
            return send()
        except HTTPError as error:
            if error.code not in {statuses}:
                raise
            asked = error.headers.get("Retry-After") or ""
        time.sleep(min(float(asked) if asked.isdecimal() else wait * random.uniform(0.8, 1.2), 10.0))
    return send()
'''


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for an error whose every status is transient."""
    statuses = tuple(sorted(set(placed.finding.candidate.http_statuses)))
    if not statuses or not _TRANSIENT.issuperset(statuses):
        seen = ", ".join(str(status) for status in statuses) or "none"
        return NotSure(f"answers of status 429, 502, 503 and 504 are sent again only; the error's statuses are: {seen}")
    program = Program(base)
    changed = retried(location.path, source, location.symbol, program, statuses)
    if isinstance(changed, NotSure):
        return changed
    after, request = changed
    test = _test(request, statuses, program)
    if isinstance(test, NotSure):
        return test
    name, words = request.unit.name, _words(statuses)
    title = f"Retry the request in {name} after status {words}"
    return Written(
        recipe=NAME,
        title=fitting(title, f"Retry a request after status {words}"),
        summary=(
            f"`{name}` in `{location.path}` sends a request that may be repeated ({request.known.does}), and fails "
            f"when the answer's status is {words}. That status asks the caller to try again, and nothing did. The "
            "request is now sent again up to three times, after the seconds that `Retry-After` names or else about 1, "
            "2 and 4, and never after more than 10. If the last answer is still the same, the error is as before."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=(
            "A service that stays overloaded is asked up to four times, and the caller waits up to 30 seconds longer.",
            "A Retry-After that is a date counts as absent.",
        ),
    )


def retried(
    path: str, text: str, symbol: str | None, program: Program, statuses: tuple[int, ...]
) -> tuple[str, Request] | NotSure:
    """The source with the function's request sent again on these statuses."""
    unit = program.placed(path, text, symbol, "the request must stand")
    if isinstance(unit, NotSure):
        return unit
    source = unit.source
    request = only_request(unit, program)
    if isinstance(request, NotSure):
        return request
    splice = Splice(source.start(request.call), source.end(request.call), _sent(source, request))
    after = with_function(source, [splice], request.unit, _added(request, statuses))
    return after if isinstance(after, NotSure) else (after, request)


def _sent(source: Source, request: Request) -> str:
    """On one line where it fits, else broken after the bracket."""
    inner = deferred(source, request.call)
    line = source.text[: source.start(request.call)].rpartition("\n")[2]
    rest = source.text[source.end(request.call) :].partition("\n")[0].rstrip("\r")
    short = f"{_FUNCTION}({inner})"
    if "\n" in inner or len(line + short + rest) <= source.width:
        return short
    indent = source.indent(request.call)
    return f"{_FUNCTION}({source.newline}{indent}{source.step}{inner}{source.newline}{indent})"


def _added(request: Request, statuses: tuple[int, ...]) -> Added:
    shown = f"({', '.join(str(status) for status in statuses)}{',' if len(statuses) == 1 else ''})"
    wanted = [
        Wanted("random"),
        Wanted("collections.abc", "Callable"),
        Wanted("functools", "partial"),
        Wanted("typing", "Any"),
    ]
    if request.raises:
        text = _BY_ERROR.format(words=_words(statuses), statuses=shown)
        return Added(_FUNCTION, text, (Wanted("time"), *wanted, Wanted("urllib.error", "HTTPError")))
    text = _BY_ANSWER.format(
        define="async def" if request.awaited else "def",
        gives="Awaitable[Any]" if request.awaited else "Any",
        awaits="await " if request.awaited else "",
        sleep="asyncio.sleep" if request.awaited else "time.sleep",
        words=_words(statuses),
        statuses=shown,
    )
    waits = [Wanted("asyncio"), Wanted("collections.abc", "Awaitable")] if request.awaited else [Wanted("time")]
    return Added(_FUNCTION, text, (*waits, *wanted))


def _words(statuses: tuple[int, ...]) -> str:
    return " or ".join(str(status) for status in statuses)


def _test(request: Request, statuses: tuple[int, ...], program: Program) -> NewTest | NotSure:
    target = new_test_path(request.unit.source.path, "retry_request", program.base)
    reached = reach(request.unit, (request.call.func,), program)
    if isinstance(target, NotSure):
        return target
    if isinstance(reached, NotSure):
        return reached
    text = render(
        "tests/retry_request.py.j2",
        reached=reached,
        name=request.unit.name,
        status=statuses[0],
        awaited=request.awaited,
        raises=request.raises,
        called=ast.unparse(request.call.func),
    )
    return NewTest(path=target, text=text)
