"""What the tables of a settings file name by `type`: classes that are shipped, or a dotted path of your own.

A class's module is imported when its name is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from metabot_instrument.boundary import tried
from metabot_instrument.misuse import misuse, nearest


def made(tables: object, *, section: str, types: Mapping[str, str], method: str) -> list[Any]:
    """One object for each table, in their order; `types` tells module and class of the names that are shipped.

    Raises ValueError that says which table of `section` is wrong, in what, and what to write. A class without `method`
    is refused before anything of it runs.
    """
    if not isinstance(tables, list | tuple):
        raise misuse(section, "is no list of tables", f'Write it as in [{{ type = "{min(types)}" }}].')
    return [_made(table, section, at, types, method) for at, table in enumerate(tables, 1)]


def _made(table: object, section: str, at: int, types: Mapping[str, str], method: str) -> Any:
    where = f"{section}, number {at}"
    kind = table.get("type") if isinstance(table, Mapping) else None
    if not isinstance(table, Mapping) or not isinstance(kind, str):
        raise misuse(where, "has no type", f'Say one of {", ".join(types)}, as in {{ type = "{min(types)}" }}.')
    where = f"{where} ({kind})"
    found = _class(kind, where, types)
    if not callable(getattr(found, method, None)):
        raise misuse(where, f"{found.__name__} is no {section.removesuffix('s')}", f"Say a class that has {method}().")
    keywords = {str(name): value for name, value in table.items() if name != "type"}
    _check_names(found, keywords, where)
    one, error = tried(found, **keywords)
    if error is not None:
        raise _unmade(where, kind, error) from error
    return one


def _unmade(where: str, kind: str, error: BaseException) -> ValueError:
    """In the class's own words, where they are about its settings."""
    if not isinstance(error, ValueError):
        return misuse(where, f"cannot be made: {type(error).__name__}: {error}", "Mend the table.")
    what, _, advice = str(error).partition("\n  ")
    return misuse(where, what.removeprefix(f"{kind}: "), advice or "Mend the table.")


def _class(kind: str, where: str, types: Mapping[str, str]) -> Any:
    module, _, name = (types.get(kind) or ":".join(kind.rsplit(".", 1))).partition(":")
    if not name:
        raise misuse(where, "there is no such type", nearest(kind, types, ", and dotted paths of your own"))
    loaded, error = tried(import_module, module)
    if error is not None:
        raise misuse(
            where,
            f"{module} cannot be imported: {type(error).__name__}: {error}",
            "Say a class that this Python can import, as in package.module.Class.",
        ) from error
    found = getattr(loaded, name, None)
    if not isinstance(found, type):
        raise misuse(where, f"{module} has no class {name}", "Say a class of that module, as in package.module.Class.")
    return found


def _check_names(found: type, keywords: Mapping[str, Any], where: str) -> None:
    read, _ = tried(signature, found)
    parameters = [] if read is None else list(read.parameters.values())
    if read is None or any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return
    known = [each.name for each in parameters if each.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
    for name in keywords:
        if name not in known:
            raise misuse(where, f"{name} is none of its settings", nearest(name, known))
    for each in parameters:
        if each.name in known and each.default is Parameter.empty and each.name not in keywords:
            raise misuse(where, f"{each.name} is missing", f"Add it to the table: {each.name} = …")
