"""A template that stands in Python and is filled somewhere else: which name of the module gives it to a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from metabot.generate.recipes.prompt_shapes import joined_elements
from metabot.place.placement import Location

_LITERAL: Final = (cst.SimpleString, cst.ConcatenatedString, cst.BinaryOperation)
_SAME_LINES: Final = ("dedent", "cleandoc", "strip", "lstrip", "rstrip")
_TRANSPARENT: Final = (*_LITERAL, cst.Arg, cst.Element, cst.Dict, cst.SimpleStatementLine, cst.IndentedBlock)


def template_at(module: cst.Module, location: Location) -> tuple[cst.BaseExpression, str] | None:
    """The widest literal on exactly these lines, and what a test reads: `PROMPT`, `Desk.PROMPTS["triage"]`."""
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    ranges = wrapper.resolve(PositionProvider)
    parents = wrapper.resolve(ParentNodeProvider)
    lines = (location.first_line, location.last_line)
    for node in _nodes(module):
        text = isinstance(node, _LITERAL) or _joined(node)
        if text and isinstance(node, cst.BaseExpression) and (ranges[node].start.line, ranges[node].end.line) == lines:
            read = _read_by(node, parents)
            return (node, read) if read is not None else None
    return None


def _joined(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and joined_elements(node) is not None


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _read_by(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> str | None:
    """From the literal outwards to the module: every step must be one that a test can follow."""
    behind = ""
    while not isinstance(node, cst.Module):
        step = _step(node, behind)
        if step is None:
            return None
        behind = step
        node = parents[node]
    return behind.removeprefix(".") or None


def _step(node: cst.CSTNode, behind: str) -> str | None:
    """What a test writes for the node, given what it writes for the part of it that was come from."""
    if _joined(node):
        return behind
    match node:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])
            | cst.AnnAssign(target=cst.Name(value=name))
            | cst.ClassDef(name=cst.Name(value=name))
        ):
            return f".{name}{behind}"
        case cst.DictElement(key=cst.SimpleString(value=key)):
            return f"[{key}]{behind}"
        case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
            return behind if name in _SAME_LINES else ".template" + behind if name == "Template" else None
        case cst.Attribute(attr=cst.Name(value=name)):
            return behind if name in _SAME_LINES else None
    return behind if isinstance(node, _TRANSPARENT) else None
