"""What stands around a node while a module is visited."""

from __future__ import annotations

import libcst as cst


class Enclosing(cst.CSTVisitor):
    """Knows the classes and functions around the node that is visited, the outermost first."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._functions: list[cst.FunctionDef] = []

    @property
    def symbol(self) -> str | None:
        """`Class.method`; None outside of both."""
        return ".".join(self._names) or None

    @property
    def functions(self) -> tuple[cst.FunctionDef, ...]:
        return tuple(self._functions)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802  libcst calls it by this name
        self._names.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:  # noqa: ARG002, N802
        self._names.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        self._names.append(node.name.value)
        self._functions.append(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: ARG002, N802
        self._names.pop()
        self._functions.pop()
