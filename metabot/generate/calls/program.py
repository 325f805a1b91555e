"""What the names of a repository's modules stand for: imports, definitions, clients that were made once.

A resolved name is dotted. What a call gives is written with brackets: `openai.OpenAI().chat.completions.create` is a
method of a client however it is called here, `desk/tools.py:fetch` a function of the repository itself.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.calls.bindings import assigned, attribute_values, bound_in, values_of
from metabot.generate.calls.source import Source, read
from metabot.generate.calls.units import Unit, own_nodes, unit_of, units
from metabot.generate.layout import import_name
from metabot.generate.recipe import Base, NotSure
from metabot.place.parsing import parse_expression

_BUILTINS: Final = frozenset(dir(builtins))
_DEPTH: Final = 8  # names that stand for names that stand for names


@dataclass(frozen=True, eq=False)
class Program:
    base: Base
    fresh: dict[Unit, frozenset[str]] = field(default_factory=dict)  # kept by `effects.fresh`
    _sources: dict[str, Source | None] = field(default_factory=dict)
    _imports: dict[str, dict[str, str]] = field(default_factory=dict)

    def source(self, path: str) -> Source | None:
        if path not in self._sources:
            text = self.base.read(path)
            found = read(path, text) if text is not None else None
            self._sources[path] = found if isinstance(found, Source) else None
        return self._sources[path]

    def placed(self, path: str, text: str, symbol: str | None, what: str) -> Unit | NotSure:
        """The function that a finding comes from, in this text of the file.

        From here on the path means this text, so that its nodes are the ones that are found.
        """
        source = read(path, text)
        if isinstance(source, NotSure):
            return source
        self._sources[path] = source
        self._imports.pop(path, None)
        unit = unit_of(source, symbol)
        if unit is None or unit.function is None:
            return NotSure(f"{what} in a function that the file defines once")
        return unit

    def unit(self, dotted: str) -> Unit | None:
        """The function that a resolved name of the repository means; a class means its `__init__`."""
        path, _, symbol = dotted.partition(":")
        source = self.source(path) if symbol else None
        if source is None:
            return None
        return unit_of(source, symbol) or unit_of(source, f"{symbol}.__init__")

    def own_callees(self, unit: Unit) -> tuple[Unit, ...]:
        """The functions of the same file that a function calls, each once."""
        calls = [node for node in own_nodes(unit) if isinstance(node, ast.Call)]
        names = dict.fromkeys(self.dotted(call.func, unit) or "" for call in calls)
        found = [self.unit(name) for name in names if name.startswith(f"{unit.source.path}:")]
        return tuple(one for one in found if one is not None and one.symbol != unit.symbol)

    def class_of(self, dotted: str) -> ast.ClassDef | None:
        path, _, symbol = dotted.partition(":")
        source = self.source(path) if symbol else None
        nodes = source.tree.body if source is not None else []
        return next((node for node in nodes if isinstance(node, ast.ClassDef) and node.name == symbol), None)

    def dotted(self, node: ast.expr | None, unit: Unit, depth: int = 0) -> str | None:
        """What an expression in a function stands for; None where that is not clear."""
        if depth > _DEPTH:
            return None
        match node:
            case ast.Name(id=name):
                return self._name(name, unit, depth + 1)
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == unit.receiver:
                return self._of_object(attr, unit, depth + 1)
            case ast.Attribute(value=value, attr=attr):
                return self._member(self.dotted(value, unit, depth + 1), attr)
            case ast.Call(func=func):
                return self._given(self.dotted(func, unit, depth + 1), depth)
        return self.dotted(node.value, unit, depth + 1) if isinstance(node, ast.Await) else None

    def _given(self, called: str | None, depth: int) -> str | None:
        """What a function of the repository returns, where that is one thing; else the call itself."""
        if called is None:
            return None
        unit = self.unit(called)
        if unit is None or unit.function is None or unit.symbol.endswith("__init__"):
            return called + "()"
        of_annotation = self._annotated(unit.function.returns, unit, depth + 1)
        if of_annotation is not None:
            return of_annotation
        returned = [node.value for node in own_nodes(unit) if isinstance(node, ast.Return)]
        found = {self.dotted(value, unit, depth + 1) for value in returned}
        return found.pop() if len(found) == 1 else None

    def _member(self, of: str | None, attr: str) -> str | None:
        if of is None:
            return None
        if ":" in of and of.endswith("()"):
            unit = self.unit(f"{of.removesuffix('()')}.{attr}")
            return f"{of.removesuffix('()')}.{attr}" if unit is not None else None
        return self._in_repository(f"{of}.{attr}")

    def _name(self, name: str, unit: Unit, depth: int) -> str | None:
        for parameter in unit.parameters:
            if parameter.arg == name:
                return self._annotated(parameter.annotation, unit, depth)
        if unit.function is not None and name in assigned(unit):
            values = values_of(name, unit)
            return self.dotted(values[0], unit, depth) if len(values) == 1 else None
        if any(name in bound_in(outer) for outer in unit.inside):
            return None
        return self._global(name, unit.source, depth)

    def _global(self, name: str, source: Source, depth: int) -> str | None:
        module = Unit(source, None, None, "")
        imports = self.imports(source)
        if name in imports:
            return self._in_repository(imports[name])
        defined = [node for node in source.tree.body if getattr(node, "name", None) == name]
        if len(defined) == 1:
            return f"{source.path}:{name}"
        values = values_of(name, module)
        if len(values) == 1:
            return self.dotted(values[0], module, depth)
        return f"builtins.{name}" if not defined and not values and name in _BUILTINS else None

    def _of_object(self, attr: str, unit: Unit, depth: int) -> str | None:
        owner = unit.owner
        assert owner is not None
        for node in owner.body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == attr:
                return self._annotated(node.annotation, unit, depth)
        prefix = unit.symbol.rpartition(".")[0]
        if unit_of(unit.source, f"{prefix}.{attr}") is not None:
            return f"{unit.source.path}:{prefix}.{attr}"
        found: set[str | None] = set()
        for method in units(unit.source):
            if method.owner is owner and method.receiver is not None:
                found |= {self.dotted(value, method, depth) for value in attribute_values(attr, method)}
        return found.pop() if len(found) == 1 else None

    def _annotated(self, annotation: ast.expr | None, unit: Unit, depth: int) -> str | None:
        """`client: OpenAI` is what `OpenAI()` gives; None for what is no class by name."""
        match annotation:
            case ast.Constant(value=str(text)):
                inner = _expression(text)
                return self._annotated(inner, unit, depth + 1) if depth <= _DEPTH else None
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._annotated(left, unit, depth + 1)
        if not isinstance(annotation, ast.Name | ast.Attribute):
            return None
        module = Unit(unit.source, None, None, "")
        named = self.dotted(annotation, module, depth + 1)
        return f"{named}()" if named is not None and not named.startswith("builtins.") else None

    def _in_repository(self, dotted: str) -> str | None:
        """`desk.tools.fetch` as `desk/tools.py:fetch` where the repository has it; else as it was."""
        if dotted in self._modules:
            return dotted
        module, _, name = dotted.rpartition(".")
        path = self._modules.get(module)
        source = self.source(path) if path is not None else None
        if source is None:
            return dotted
        return self._global(name, source, _DEPTH // 2)

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The repository's files by the names that Python imports them by."""
        files = dict.fromkeys(self.base.files)
        names = {path: import_name(path, files) for path in files if path.endswith(".py")}
        return {name: path for path, name in names.items() if isinstance(name, str)}

    def imports(self, source: Source) -> dict[str, str]:
        """Names bound by any import of the source, and the dotted names that they stand for."""
        if source.path not in self._imports:
            self._imports[source.path] = dict(self._bound_by_imports(source))
        return self._imports[source.path]

    def _bound_by_imports(self, source: Source) -> Iterator[tuple[str, str]]:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    yield alias.asname or first, alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node, source.path)
                yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names)

    def _absolute(self, node: ast.ImportFrom, path: str) -> str:
        if not node.level:
            return node.module or ""
        name = import_name(path, dict.fromkeys(self.base.files))
        parts = name.split(".") if isinstance(name, str) else []
        above = node.level - (PurePosixPath(path).stem == "__init__")
        return ".".join([*parts[: len(parts) - above], *([node.module] if node.module else [])])


def _expression(text: str) -> ast.expr | None:
    try:
        return parse_expression(text)
    except SyntaxError:
        return None
