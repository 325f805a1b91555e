"""Retry transient: a request that is answered "try again" is sent again, three times at most.

It fires where telemetry shows that answers of status 429, 502, 503 or 504 ended conversations and the placed function
makes one request with `requests` or `httpx` that may be repeated (get, head) and raises its status:

    response = requests.get(url, timeout=5)
    response.raise_for_status()

becomes

    response = _retry_transient(lambda: requests.get(url, timeout=5))
    response.raise_for_status()

with a private function `_retry_transient` in the same module. It waits as many seconds as `Retry-After` says (its form
as a date counts as absent), else 1, 2 and 4 seconds, and never longer than 10. Only the statuses that were seen are
retried; after the third retry the answer is handed on as it is, so that the error is the same as before.

It leaves alone: requests that change something (post, put, patch, delete), sessions and clients, coroutines, methods,
requests in a loop or in a `try` that handles the error, modules that import a retrying library, and functions whose
answer a generated test cannot follow.
"""

from __future__ import annotations

import ast
from typing import Final

import libcst as cst

from metabot.generate.imports import Wanted, bound, imported, with_import
from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.retried_call import LIBRARIES, Site, only_site
from metabot.generate.sample_call import SampleCall, sample_call
from metabot.place.parsing import parse
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "retry-transient"
_TRANSIENT: Final = frozenset({429, 502, 503, 504})  # https://www.rfc-editor.org/rfc/rfc9110, rfc6585 for 429
_HELPER: Final = "_retry_transient"
_NARROWEST: Final = 88  # characters: a file with shorter lines than that may still get one of this length
_WIDEST: Final = 120  # and a file with longer ones gets none longer than this

_HELPER_SOURCE: Final = '''\
def _retry_transient(send: Callable[[], {response}]) -> {response}:
    """Sends again, three times at most, while the answer's status is {words}.

    Waits the seconds that Retry-After names, else 1, 2 and 4; never more than 10.
    """
    for wait in (1.0, 2.0, 4.0):
        response = send()
        if response.status_code {differs}:
            return response
        asked = response.headers.get("Retry-After", "")
        time.sleep(min(float(asked) if asked.isdecimal() else wait, 10.0))
    return send()
'''


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for an error whose every status is transient."""
    statuses = tuple(sorted(set(placed.finding.candidate.http_statuses)))
    if not statuses or not _TRANSIENT.issuperset(statuses):
        seen = ", ".join(str(status) for status in statuses) or "none"
        return NotSure(f"it retries answers of status 429, 502, 503 and 504 only; the error's statuses are: {seen}")
    changed = retried(source, location.symbol, statuses)
    if isinstance(changed, NotSure):
        return changed
    after, site = changed
    test = _test(location.path, source, site, statuses, base)
    if isinstance(test, NotSure):
        return test
    function = site.function.name.value
    words = _words(statuses)
    return Written(
        recipe=NAME,
        title=_title(function, words),
        summary=(
            f"`{function}` in `{location.path}` sends a request that may be repeated, and raises when the answer's "
            f"status is {words}. That status asks the caller to try again, and nothing did. The request is now sent "
            "again up to three times, after the seconds that `Retry-After` names or else 1, 2 and 4, and never after "
            "more than 10. If the last answer is still the same, the error is raised as before."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=(
            "A service that stays overloaded is asked up to four times, and the caller waits up to 30 seconds longer.",
            "A Retry-After that is a date counts as absent.",
        ),
    )


def retried(source: str, symbol: str | None, statuses: tuple[int, ...]) -> tuple[str, Site] | NotSure:
    """The source with the function's request retried on these statuses."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    if symbol is None or "." in symbol:
        return NotSure("the request must stand in a function of the module's top level")
    site = only_site(module, symbol)
    if isinstance(site, NotSure):
        return site
    response = _response_type(site.library, imported(module))
    taken = _taken(module, response)
    if taken:
        return NotSure(f"the module gives {' and '.join(taken)} another meaning")
    after = _with_helper(_with_call(module, site), site, _helper(module, response, statuses))
    after = with_import(after, Wanted("time"))
    if "Callable" not in imported(module):
        after = with_import(after, Wanted("collections.abc", "Callable"))
    if response == "Response":
        after = with_import(after, Wanted(site.library, "Response"))
    return after.code, site


def _response_type(library: str, names: dict[str, str]) -> str:
    """How the module writes the library's response type; plain `Response` where it must be imported first."""
    local = next((name for name, origin in names.items() if origin == library), None)
    if local is not None:
        return f"{local}.Response"
    return next((name for name, origin in names.items() if origin == f"{library}.Response"), "Response")


def _taken(module: cst.Module, response: str) -> list[str]:
    """Names that the change needs and that the module uses for something else."""
    names = imported(module)
    needed = {_HELPER: (), "time": ("time",), "Callable": ("collections.abc.Callable", "typing.Callable")}
    if response == "Response":
        needed["Response"] = tuple(f"{library}.Response" for library in LIBRARIES)
    return [name for name in needed if name in bound(module) and names.get(name) not in needed[name]]


def _with_call(module: cst.Module, site: Site) -> cst.Module:
    """On one line where the file is that wide already, else broken after the bracket."""
    widest = max([_NARROWEST, *(len(line) for line in module.code.splitlines() if len(line) <= _WIDEST)])
    short = cst.ensure_type(module.deep_replace(site.call, _wrapped(site.call)), cst.Module)
    if all(len(line) <= widest for line in short.code.splitlines() if f"{_HELPER}(" in line):
        return short
    broken = _wrapped(site.call, broken_by=module.default_indent)
    return cst.ensure_type(module.deep_replace(site.call, broken), cst.Module)


def _wrapped(call: cst.Call, *, broken_by: str | None = None) -> cst.Call:
    send = cst.ensure_type(cst.parse_expression("lambda: None"), cst.Lambda).with_changes(body=call)
    if broken_by is None:
        return cst.Call(func=cst.Name(_HELPER), args=[cst.Arg(send)])
    inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(broken_by))
    after = cst.ParenthesizedWhitespace(indent=True)
    argument = cst.Arg(send, whitespace_after_arg=after)
    return cst.Call(func=cst.Name(_HELPER), args=[argument], whitespace_before_args=inside)


def _helper(module: cst.Module, response: str, statuses: tuple[int, ...]) -> cst.FunctionDef:
    differs = f"!= {statuses[0]}" if len(statuses) == 1 else f"not in {statuses}"
    text = _HELPER_SOURCE.format(response=response, words=_words(statuses), differs=differs)
    text = text.replace("    ", module.default_indent).replace("\n", module.default_newline)
    return cst.ensure_type(cst.parse_module(text).body[0], cst.FunctionDef)


def _with_helper(module: cst.Module, site: Site, helper: cst.FunctionDef) -> cst.Module:
    """Before the function that uses it."""
    blank = cst.EmptyLine(indent=False)
    at = next(
        index
        for index, node in enumerate(module.body)
        if isinstance(node, cst.FunctionDef) and node.name.value == site.function.name.value
    )
    placed = helper.with_changes(leading_lines=(blank, blank))
    return module.with_changes(body=[*module.body[:at], placed, *module.body[at:]])


def _words(statuses: tuple[int, ...]) -> str:
    return " or ".join(str(status) for status in statuses)


def _title(function: str, words: str) -> str:
    title = f"Retry the request in {function} after status {words}"
    return fitting(title, f"Retry a request after status {words}")


def _test(path: str, source: str, site: Site, statuses: tuple[int, ...], base: Base) -> NewTest | NotSure:
    call = sample_call(source, site.function.name.value)
    module = import_name(path, base.files)
    target = new_test_path(path, "retry_transient", base)
    result = _result(source, site)
    for part in (call, module, target, result):
        if isinstance(part, NotSure):
            return part
    assert isinstance(call, SampleCall)
    assert isinstance(module, str)
    assert isinstance(target, str)
    package, _, name = module.rpartition(".")
    text = render(
        "tests/retry_transient.py.j2",
        package=package,
        module=name,
        function=call.function,
        arguments=call.arguments,
        needs_datetime=call.needs_datetime,
        library=site.library,
        patched=_patched(site, name),
        status=statuses[0],
        result=result,
    )
    return NewTest(path=target, text=text)


def _patched(site: Site, module: str) -> str:
    """What the module's call goes through: the library's function, or the module's own name for it."""
    function = site.call.func
    return f'{module}, "{function.value}"' if isinstance(function, cst.Name) else f'{site.library}, "{site.verb}"'


def _result(source: str, site: Site) -> str | NotSure:
    """What the function returns of the answer: json, text, content, answer or none."""
    name = site.function.name.value
    function = next(node for node in parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name)
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    assigned = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id != site.answer
    }
    kinds = {_kind(assigned.get(value.id, value) if isinstance(value, ast.Name) else value, site) for value in returned}
    kinds = kinds or {"none"}
    kind = kinds.pop()
    if kinds or kind is None:
        return NotSure(f"a test cannot tell what {name} makes of the answer")
    return kind


def _kind(value: ast.expr | None, site: Site) -> str | None:
    match value:
        case None | ast.Constant(value=None):
            return "none"
        case ast.Name(id=name) if name == site.answer:
            return "answer"
        case ast.Attribute(value=ast.Name(id=name), attr=("text" | "content") as part) if name == site.answer:
            return part
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="json"), args=[]) if name == site.answer:
            return "json"
    return None
