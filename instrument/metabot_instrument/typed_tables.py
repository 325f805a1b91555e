"""Objects out of tables of a settings file: `type` names a class, what else stands there are its keywords.

Standard library only.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any


def made_of(table: Mapping[str, Any], types: Mapping[str, str], where: str) -> Any:
    """An object of the class that `type` names: a key of `types` (to "module:Class"), else the dotted path of one.

    Raises ValueError saying where, what and what to do: there is no such class, or it does not take these keywords.
    """
    kind = table.get("type") if isinstance(table, Mapping) else None
    if not isinstance(kind, str):
        raise ValueError(  # noqa: TRY004  # a table that is wrong is a value that is, whatever is wrong with it
            f'{where}: {table!r:.100} names no type. Say {{ type = "{next(iter(types))}" }} or another.'
        )
    made = _class_of(kind, types, where)
    keywords = {str(name): value for name, value in table.items() if name != "type"}
    _check(made, keywords, f"{where}: {kind}")
    try:
        return made(**keywords)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {kind} does not take these settings: {error}") from error


def _class_of(kind: str, types: Mapping[str, str], where: str) -> Any:
    module, _, name = types.get(kind, "").partition(":")
    if not module:
        module, dot, name = kind.rpartition(".")
        if not dot:
            raise ValueError(
                f"{where}: there is no type {kind!r}{_nearest(kind, types)}. "
                f"Use one of {', '.join(types)}, or the dotted path of a class of your own."
            )
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as missing:
        raise ValueError(
            f"{where}: the type {kind!r} cannot be imported ({missing}). Name a class on the import path."
        ) from missing
    if not callable(found):
        raise ValueError(f"{where}: {kind!r} is no class. Name one.")  # noqa: TRY004
    return found


def _check(made: Any, keywords: Mapping[str, Any], where: str) -> None:
    try:
        parameters = inspect.signature(made).parameters
    except (TypeError, ValueError):  # a class in C says nothing of its keywords
        return
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        return
    for name in keywords:
        if name not in parameters:
            known = f"It knows {', '.join(parameters)}." if parameters else "It has no settings."
            raise ValueError(f"{where} knows no {name!r}{_nearest(name, parameters)}. {known}")
    for name, one in parameters.items():
        if one.default is one.empty and one.kind is not inspect.Parameter.VAR_POSITIONAL and name not in keywords:
            raise ValueError(f"{where} needs {name!r}. Say it in the same table.")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
