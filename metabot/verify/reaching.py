"""What a change's Python newly does that can alter or recognise what measures it, told from its syntax. Pure.

Finds what replaces a part of another module (`json.dumps = …`), asks where it runs, by which command, with which
modules loaded and by whom it was called, reaches another process, the end of its own, the loader of C libraries or the
collector's objects, runs a text as code, goes through all environment variables or asks for one by a computed name,
and equals whatever it is compared with. What stood in the file before may stay and be moved.
Ignored: an attribute of the repository's or a library's object that gets a plain value, as settings do. What does not
parse, and other languages, are left to the lines that `aware` reads.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from metabot.verify.imported_names import names, nodes, path

_NAMED: Final = {
    "sys.modules": "the modules that are loaded",
    "sys.argv": "the command that started it",
    "sys.orig_argv": "the command that started it",
    "__main__": "the command that started it",
    "os.getppid": "the process that started it",
    "os.getcwd": "the place where it runs",
    "pathlib.Path.cwd": "the place where it runs",
    "socket.gethostname": "the machine's name",
    "platform.node": "the machine's name",
    "getpass.getuser": "the user's name",
    "os.kill": "another process",
    "os.killpg": "another process",
    "os.fork": "a process that outlives it",
    "os.setsid": "a process that outlives it",
    "os._exit": "the end of the process",
    "os.abort": "the end of the process",
    "threading.main_thread": "the end of the process",
    "weakref.finalize": "the end of the process",
    "atexit.register": "the end of the process",
    "ctypes": "memory, past Python",
    "gc.get_objects": "objects of its callers",
    "gc.get_referrers": "objects of its callers",
    "traceback.extract_stack": "the frames of its callers",
    "traceback.format_stack": "the frames of its callers",
    "traceback.walk_stack": "the frames of its callers",
    "sys._getframe": "the frames of its callers",
    "sys._current_frames": "the frames of its callers",
    "inspect.stack": "the frames of its callers",
    "inspect.currentframe": "the frames of its callers",
    "importlib.reload": "the modules that are loaded",
}
_RUNNERS: Final = frozenset({"unittest", "pytest", "_pytest", "doctest", "nose2"})
_FRAMES: Final = frozenset(
    {"tb_frame", "f_back", "f_globals", "f_locals", "f_code", "gi_frame", "cr_frame", "ag_frame"}
)
_ALL_VARIABLES: Final = ("os.environ", "os.environ.items", "os.environ.keys", "os.environ.values")
_TEXT_AS_CODE: Final = ("eval", "exec", "compile", "__import__")
_IMPORTERS: Final = ("importlib.import_module", "pkgutil.resolve_name")
_TELEMETRY: Final = frozenset({"opentelemetry", "openinference", "traceloop", "langfuse", "logfire", "phoenix"})
_ENVIRONMENT: Final = ("os.environ", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenv")


def reached(before: str, after: str) -> str | None:
    """What the text after does and the one before does not; None where there is nothing."""
    new = Counter(_reaches(after)) - Counter(_reaches(before))
    return next((what for what, _ in new), None)


def texts(source: str) -> Counter[str]:
    """Every text in it, and those that are put together of texts by `+`."""
    return Counter(text for node in nodes(source) if isinstance(text := _text(node), str))


def _reaches(source: str) -> Iterator[tuple[str, str]]:
    found = nodes(source)
    known = names(found)
    made_here = {node.name for node in found if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    for node in found:
        if what := _looked_up(node, known) or _replaced(node, known, made_here):
            yield what, ast.dump(node)


def _looked_up(node: ast.AST, known: Mapping[str, str]) -> str | None:
    match node:
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
            of_a_frame = isinstance(node, ast.Attribute) and node.attr in _FRAMES
            return "the frames of its callers" if of_a_frame else _NAMED.get(path(node, known) or "")
        case ast.Subscript(value=value, slice=key) if path(value, known) == "os.environ":
            return None if _is_plain(key) else _COMPUTED
        case ast.FunctionDef():
            return _special(node)
        case ast.For(iter=every) | ast.comprehension(iter=every):
            listed = every.func if isinstance(every, ast.Call) else every
            return "every environment variable" if path(listed, known) in _ALL_VARIABLES else None
        case ast.Call(func=function, args=[first, *_]):
            return _called(function, first, known)
    return None


def _special(function: ast.FunctionDef) -> str | None:
    match function:
        case ast.FunctionDef(name="__del__"):
            return "the end of the process"
        case ast.FunctionDef(name="__eq__" | "__ne__" | "__contains__", body=[*_, ast.Return(value=ast.Constant())]):
            return "how others compare it"
    return None


def _called(function: ast.expr, first: ast.expr, known: Mapping[str, str]) -> str | None:
    if isinstance(function, ast.Name) and function.id in _TEXT_AS_CODE and function.id not in known:
        return f"code by its text ({function.id})"
    called = path(function, known)
    if called in _ENVIRONMENT:
        return None if _is_plain(first) else _COMPUTED
    named = _text(first) if called in _IMPORTERS else None
    return "a test runner" if named is not None and named.partition(".")[0] in _RUNNERS else None


_COMPUTED: Final = "an environment variable by a computed name"


def _is_plain(key: ast.expr) -> bool:
    """Written out, or a name that stands for it."""
    return isinstance(key, (ast.Constant, ast.Name, ast.Attribute))


def _replaced(node: ast.AST, known: Mapping[str, str], made_here: set[str]) -> str | None:
    match node:
        case ast.Assign(targets=targets, value=value):
            told = (_part(target, value, known, made_here) for target in targets)
            return next((one for one in told if one), None)
        case ast.AugAssign(target=target, value=value):
            return _part(target, value, known, made_here)
        case ast.Delete(targets=targets):
            return next((one for target in targets if (one := _part(target, None, known, made_here))), None)
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, *_]):
            whose = _owner(owner, known)
            return None if whose is None else f"{whose}, which others use"
    return None


def _part(target: ast.AST, value: ast.AST | None, known: Mapping[str, str], made_here: set[str]) -> str | None:
    """A part of Python's own or the telemetry's modules; of others only where code takes its place."""
    if not isinstance(target, (ast.Attribute, ast.Subscript)):
        return None
    whose = _owner(target, known)
    if whose is None or (whose == "os.environ" and isinstance(target, ast.Subscript)):
        return None
    measured_by = whose.partition(".")[0] in sys.stdlib_module_names | _TELEMETRY
    is_code = isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in made_here)
    return f"{whose}, which others use" if measured_by or is_code else None


def _owner(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """Whose part it is: `json` of json.dumps, of vars(json)["dumps"] and of json.__dict__["dumps"]."""
    match node:
        case ast.Attribute(value=value):
            return path(value, known) or _owner(value, known)
        case ast.Subscript(value=value):
            return path(value, known) or _owner(value, known)
        case ast.Call(func=ast.Name(id="vars"), args=[module]):
            return path(module, known)
        case ast.Name():
            return path(node, known)
    return None


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = _text(left), _text(right)
            return None if one is None or two is None else one + two
    return None
