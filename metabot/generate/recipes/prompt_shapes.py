"""The shapes that a prompt is written in, and the same shape with its changing lines behind its fixed ones.

`f"…"` on lines, `f"…\\n" "…\\n"` side by side, `"\\n".join([…])`, and `f"…" + FIXED`. Text that a module's constant
holds counts as written in place. A shape whose parts do not hold whole lines is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_literal import Line, Lines, Literal, code_of, lines_of
from metabot.generate.recipes.prompt_order import Item, Move, move, tied

Weigh = Callable[[str], int]
"""How many characters of a text the recorded prompts share."""


@dataclass(frozen=True, slots=True)
class Reordered:
    new: cst.BaseExpression
    moved: tuple[str, ...]  # the expressions in the moved lines, as an f-string writes them: {now:%H:%M}
    in_front: float  # share of all fixed characters that now stand before the first changing line


@dataclass(frozen=True, slots=True)
class Reader:
    constants: Mapping[str, str]  # texts of the module's own constants
    weigh: Weigh
    changes: Callable[[str], bool] = lambda _: False  # whether a line of a template is filled later

    def text_of(self, node: cst.BaseExpression) -> str | None:
        return self.constants.get(node.value) if isinstance(node, cst.Name) else None

    def item(self, code: str, lines: Sequence[Line]) -> Item:
        changing = any(line.text is None or self.changes(line.text) for line in lines)
        text = None if changing else "\n".join(line.text or "" for line in lines)
        return Item(code=code, text=text, weight=self.weigh(text) if text is not None else self._known(lines))

    def _known(self, lines: Sequence[Line]) -> int:
        return sum(self.weigh(line.text) for line in lines if line.text is not None)


def reordered(node: cst.BaseExpression, reader: Reader) -> Reordered | NotSure:
    """Nothing is lost and nothing added: only the order of lines changes."""
    if isinstance(node, cst.SimpleString | cst.FormattedString):
        return _literal(node, reader)
    if isinstance(node, cst.ConcatenatedString):
        return _side_by_side(node, reader)
    if isinstance(node, cst.BinaryOperation):
        return _sum(node, reader)
    return _join(node, reader) if isinstance(node, cst.Call) else NotSure("the text is written in a shape not known")


def _literal(node: Literal, reader: Reader) -> Reordered | NotSure:
    read = lines_of(node, reader.text_of)
    if len(read.ends) != 1:
        return NotSure("the text is one line, or its line ends are written in two ways")
    items = [reader.item(line.code, [line]) for line in read.lines]
    found = move(items)
    if isinstance(found, NotSure):
        return found
    if _indent(items[found.lead]) != _indent(items[found.fixed]):
        return NotSure("the changing lines and the fixed ones are indented differently")
    new = _parsed(read.joined(found.order(len(items))))
    if new is None:
        return NotSure("the lines cannot change places without a change to their quotation marks")
    moved = [one for line in read.lines[found.lead : found.lead_end] for one in line.expressions]
    return Reordered(new.with_changes(lpar=node.lpar, rpar=node.rpar), tuple(moved), _in_front(items, found))


def _side_by_side(node: cst.ConcatenatedString, reader: Reader) -> Reordered | NotSure:
    if _commented(node):
        return NotSure("there are comments between the parts of the text")
    groups = _whole_lines([(leaf, lines_of(leaf, reader.text_of)) for leaf in _leaves(node)])
    items = [
        reader.item("".join(code_of(leaf) for leaf, _ in group), _glued([read for _, read in group]))
        for group in groups
    ]
    found = move(items)
    if isinstance(found, NotSure):
        return found
    order = found.order(len(groups))
    codes = [[code_of(leaf) for leaf, _ in group] for group in groups]
    last = groups[-1][-1][1]
    if order[-1] != len(groups) - 1 and last.lines[-1].code:  # the last line has no end; the new last one gives its own
        codes[-1][-1] = _with_end(codes[-1][-1], last)
        new_last = groups[order[-1]][-1][1]
        codes[order[-1]][-1] = _without_end(codes[order[-1]][-1], new_last)
    leaves = [_parsed(code) for index in order for code in codes[index]]
    if any(leaf is None for leaf in leaves):
        return NotSure("the parts of the text cannot change places without a change to their quotation marks")
    moved = [
        one
        for group in groups[found.lead : found.lead_end]
        for _, read in group
        for line in read.lines
        for one in line.expressions
    ]
    return Reordered(_rebuilt(node, iter(leaves)), tuple(moved), _in_front(items, found))


def _join(node: cst.Call, reader: Reader) -> Reordered | NotSure:
    elements = joined_elements(node)
    if elements is None or _commented(node):
        return NotSure("the list of lines is computed, or has comments in it")
    items: list[Item] = []
    expressions: list[tuple[str, ...]] = []
    for element in elements:
        lines = _element_lines(element, reader)
        items.append(reader.item(code_of(element.value), lines))
        expressions.append(tuple(one for line in lines for one in line.expressions))
    found = move(items)
    if isinstance(found, NotSure):
        return found
    order = found.order(len(elements))
    listed = node.args[0].value
    assert isinstance(listed, cst.List | cst.Tuple)
    swapped = [element.with_changes(value=elements[at].value) for element, at in zip(elements, order, strict=True)]
    new = node.with_changes(args=[node.args[0].with_changes(value=listed.with_changes(elements=swapped))])
    moved = tuple(one for group in expressions[found.lead : found.lead_end] for one in group)
    return Reordered(new, moved, _in_front(items, found))


def joined_elements(node: cst.BaseExpression) -> Sequence[cst.Element] | None:
    """The elements of `"\\n".join([…])`, where the separator is line ends alone and no element is starred."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=cst.SimpleString() as separator, attr=cst.Name(value="join")),
            args=[cst.Arg(value=cst.List(elements=elements) | cst.Tuple(elements=elements))],
        ) if separator.evaluated_value and not str(separator.evaluated_value).strip("\n"):
            plain = [element for element in elements if isinstance(element, cst.Element)]
            return plain if len(plain) == len(elements) else None
    return None


def _element_lines(element: cst.Element, reader: Reader) -> Sequence[Line]:
    value = element.value
    if isinstance(value, cst.SimpleString | cst.FormattedString):
        return lines_of(value, reader.text_of).lines
    if isinstance(value, cst.ConcatenatedString):
        return _glued([lines_of(leaf, reader.text_of) for leaf in _leaves(value)])
    code, text = code_of(value), reader.text_of(value)
    return [Line(code, text, () if text is not None else (f"{{{code}}}",))]


def _sum(node: cst.BinaryOperation, reader: Reader) -> Reordered | NotSure:
    """The changing text is the first operand, whole lines and written in place; fixed operands follow it."""
    operands = list(_operands(node))
    first = operands[0]
    if not isinstance(first, cst.SimpleString | cst.FormattedString) or _commented(node):
        return NotSure("the first text of the sum is not written in place, or there are comments between its parts")
    read = lines_of(first, reader.text_of)
    ends = len(read.lines) - 1 - next((at for at in reversed(range(len(read.lines))) if read.lines[at].code), 0)
    if not ends or len(read.ends) != 1:
        return NotSure("the first text of the sum does not end with its line")
    items = [reader.item(read.lines[0].code, read.lines), *(_operand(operand, reader) for operand in operands[1:])]
    fixed_end = next((at for at in range(1, len(items)) if items[at].text is None), len(items))
    total = sum(item.weight for item in items)
    if items[0].text is not None or sum(item.weight for item in items[1:fixed_end]) < 0.6 * total or not total:
        return NotSure("the fixed text does not follow the changing one in the sum")
    fixed = "".join(item.text or "" for item in items[1:fixed_end])
    why = _introducing(fixed, read.lines[len(read.lines) - 1 - ends].code) or tied(items[:1], items[1:fixed_end])
    if why:
        return NotSure(why)
    new_first = _parsed(_turned(read, ends, len(fixed) - len(fixed.rstrip("\n"))))
    if new_first is None:
        return NotSure("the texts of the sum cannot change places without a change to their quotation marks")
    order = [*operands[1:fixed_end], new_first, *operands[fixed_end:]]
    moved = tuple(one for line in read.lines for one in line.expressions)
    found = Move(0, 1, 1, fixed_end)
    return Reordered(_resummed(node, list(order)), moved, _in_front(items, found))


def _introducing(*ends: str) -> str | None:
    if any(end.rstrip().endswith(":") for end in ends):
        return "a line that ends with a colon introduces what follows it; moving would part the two"
    return None


def _turned(read: Lines, ends: int, before: int) -> str:
    """The literal with its closing line ends in front, less those that the text before it brings along."""
    (end,) = read.ends
    in_front = max(0, ends - before)
    body = end.join(line.code for line in read.lines[: len(read.lines) - ends])
    return read.opening + end * in_front + body + end * (ends - in_front) + read.closing


def _operand(node: cst.BaseExpression, reader: Reader) -> Item:
    if isinstance(node, cst.SimpleString | cst.FormattedString):
        return reader.item(code_of(node), lines_of(node, reader.text_of).lines)
    if isinstance(node, cst.ConcatenatedString):
        return reader.item(code_of(node), _glued([lines_of(leaf, reader.text_of) for leaf in _leaves(node)]))
    return reader.item(code_of(node), [Line(code_of(node), reader.text_of(node), ())])


def _operands(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        yield from _operands(node.left)
        yield node.right
    else:
        yield node


def _resummed(node: cst.BaseExpression, operands: list[cst.BaseExpression]) -> cst.BaseExpression:
    if not (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add)):
        return operands[0]
    return node.with_changes(left=_resummed(node.left, operands[:-1]), right=operands[-1])


def _leaves(node: cst.BaseExpression) -> Iterator[Literal]:
    if isinstance(node, cst.ConcatenatedString):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
    elif isinstance(node, cst.SimpleString | cst.FormattedString):
        yield node


def _rebuilt(node: cst.BaseExpression, leaves: Iterator[cst.BaseExpression | None]) -> cst.BaseExpression:
    if isinstance(node, cst.ConcatenatedString):
        return node.with_changes(left=_rebuilt(node.left, leaves), right=_rebuilt(node.right, leaves))
    leaf = next(leaves)
    assert leaf is not None
    return leaf


def _whole_lines(parts: Sequence[tuple[Literal, Lines]]) -> list[list[tuple[Literal, Lines]]]:
    """Parts that end in the middle of a line belong together with the next one."""
    groups: list[list[tuple[Literal, Lines]]] = [[]]
    for part in parts:
        groups[-1].append(part)
        if len(part[1].lines) > 1 and not part[1].lines[-1].code:
            groups.append([])
    return [group for group in groups if group]


def _glued(reads: Sequence[Lines]) -> list[Line]:
    """The lines of literals that stand side by side, as one text's."""
    lines: list[Line] = []
    for read in reads:
        first, *rest = read.lines
        if lines:
            before = lines.pop()
            text = None if before.text is None or first.text is None else before.text + first.text
            first = Line(before.code + first.code, text, before.expressions + first.expressions)
        lines += [first, *rest]
    return lines


def _with_end(code: str, read: Lines) -> str:
    return f"{code.removesuffix(read.closing)}\\n{read.closing}"


def _without_end(code: str, read: Lines) -> str:
    body = code.removesuffix(read.closing)
    return body.removesuffix("\\n").removesuffix("\n").removesuffix("\r") + read.closing


def _in_front(items: Sequence[Item], found: Move) -> float:
    fixed = sum(len(item.text or "") for item in items)
    before = sum(len(item.text or "") for item in [*items[: found.lead], *items[found.fixed : found.fixed_end]])
    return before / fixed


def _indent(item: Item) -> int:
    return len(item.code) - len(item.code.lstrip(" \t"))


def _commented(node: cst.CSTNode) -> bool:
    return bool(m.findall(node, m.Comment()))


def _parsed(code: str) -> cst.BaseExpression | None:
    try:
        return cst.parse_expression(code)
    except cst.ParserSyntaxError:
        return None
