"""YAML, and JSON as the YAML that it is: a value's characters by the marks of its node."""

from __future__ import annotations

import json
import re
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_HEADER: Final = re.compile(r"\|[+-]?\n")  # a literal block; one that states its indentation is left alone
_COMMENT: Final = re.compile(r"[ \t]*(#[^\n]*)?\n")


def replaced(text: str, keys: tuple[str | int, ...], value: str | int) -> str | None:
    node = _node(text, keys)
    if not isinstance(node, ScalarNode):
        return None
    begin, end = node.start_mark.index, node.end_mark.index
    if isinstance(value, int):
        new: str | None = str(value)
    elif node.style == "|":
        new = _block(text[begin:end], value)
    else:
        ascii_only = text[begin:end].isascii()
        new = json.dumps(value, ensure_ascii=ascii_only) if node.style == '"' else None
    return None if new is None else text[:begin] + new + text[end:]


def without(text: str, keys: tuple[str | int, ...], positions: tuple[int, ...]) -> str | None:
    node = _node(text, keys)
    if not isinstance(node, SequenceNode) or len(positions) >= len(node.value):
        return None
    for position in sorted(positions, reverse=True):
        items = node.value
        begin, end = _flow_item(items, position) if node.flow_style else _block_item(text, items, position)
        text = text[:begin] + text[end:]
        node = _node(text, keys)
        if not isinstance(node, SequenceNode):
            return None
    return text


def _node(text: str, keys: tuple[str | int, ...]) -> Node | None:
    try:
        node = YAML(pure=True).compose(text)
    except (YAMLError, RecursionError):
        return None
    for key in keys:
        if isinstance(node, MappingNode):
            node = next((value for name, value in node.value if name.value == key), None)
        elif isinstance(node, SequenceNode) and isinstance(key, int):
            node = node.value[key]
        else:
            return None
    return node if isinstance(node, Node) else None


def _block(code: str, value: str) -> str | None:
    header = _HEADER.match(code)
    lines = code.split("\n")[1:]
    written = [line for line in lines if line.strip()]
    if header is None or not written:
        return None
    indent = min(len(line) - len(line.lstrip(" ")) for line in written)
    new = [" " * indent + line if line else "" for line in value.split("\n")]
    behind = code[len(code.rstrip("\n")) :]
    return header[0] + "\n".join(new).rstrip("\n") + behind


def _flow_item(items: list[Node], position: int) -> tuple[int, int]:
    """With the comma and the white space before the next item, or behind the one before it if it is the last."""
    begin, end = items[position].start_mark.index, items[position].end_mark.index
    if position + 1 < len(items):
        return begin, items[position + 1].start_mark.index
    return (items[position - 1].end_mark.index if position else begin), end


def _block_item(text: str, items: list[Node], position: int) -> tuple[int, int]:
    """Its lines from the dash on, up to the next item's, whose comment stays with that."""
    begin = text.rfind("\n", 0, items[position].start_mark.index) + 1
    if position + 1 == len(items):
        end = items[position].end_mark.index
        behind = _COMMENT.match(text, end)
        return begin, behind.end() if behind else end
    return begin, _first_of(text, items[position + 1].start_mark.index)


def _first_of(text: str, start: int) -> int:
    """The beginning of the item's line, or of the comment lines directly above it."""
    begin = text.rfind("\n", 0, start) + 1
    while begin:
        above = text.rfind("\n", 0, begin - 1) + 1
        if not text[above:begin].lstrip().startswith("#"):
            return begin
        begin = above
    return begin
