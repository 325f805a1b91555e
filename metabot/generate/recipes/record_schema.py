"""The JSON schema of a record: a dataclass, TypedDict or NamedTuple of the module, by its annotations."""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.probe.calling import constructor
from metabot.generate.recipe import NotSure

_PLAIN: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_ARRAYS: Final = ("list", "List", "Sequence", "tuple", "set")
_NULL: Final = {"type": "null"}


def pydantic_record(name: str, tree: ast.Module) -> bool:
    """Whether the module has a pydantic model of that name, its own or imported."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return any(ast.unparse(base).split(".")[-1] == "BaseModel" for base in node.bases)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    return name in imported and f"{name}.model_validate" in ast.unparse(tree)


def record_schema(name: str, tree: ast.Module) -> tuple[str, tuple[str, ...]] | None:
    """Its source and its properties; None for what is no record of the module."""
    owner = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    if owner is None:
        return None
    if any(ast.unparse(base).split(".")[-1] == "TypedDict" for base in owner.bases):
        fields = [
            (ast.unparse(one.target), one.annotation, False) for one in owner.body if isinstance(one, ast.AnnAssign)
        ]
    else:
        made = constructor(owner)
        if isinstance(made, NotSure):
            return None
        fields = [(one.name, one.annotation or ast.Constant(None), one.default is not None) for one in made]
    if not fields:
        return None
    properties = {name: _type(annotation) for name, annotation, _ in fields}
    required = [name for name, _, optional in fields if not optional]
    return repr({"type": "object", "properties": properties, "required": required}), tuple(properties)


def _type(annotation: ast.expr) -> dict[str, object]:
    """What JSON calls it; an empty schema, which anything fits, for what is no plain type."""
    match annotation:
        case ast.Name(id=name) if name in _PLAIN:
            return {"type": _PLAIN[name]}
        case ast.Name(id=name) if name in _ARRAYS:
            return {"type": "array"}
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _ARRAYS and not isinstance(
            inner, ast.Tuple
        ):
            return {"type": "array", "items": _type(inner)}
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return {"enum": [part.value for part in parts if isinstance(part, ast.Constant)]}
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return {"anyOf": [_type(left), _NULL]}
    return {}
