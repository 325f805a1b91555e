"""From exact search-and-replace to whole files.

Each searched text must stand exactly once in its file as it is at the base, so that nothing is changed by accident.
"""

from __future__ import annotations

from collections.abc import Sequence

from metabot.generate.author_answer import Answer, Replacement
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base
from metabot.generate.screen import holds_redaction


def applied(answer: Answer, base: Base) -> tuple[Edit, ...] | str:
    """The edited files, each whole; or which edit does not apply and why."""
    of_file: dict[str, list[tuple[int, Replacement]]] = {}
    for number, one in enumerate(answer.edits, 1):
        of_file.setdefault(one.path.removeprefix("./"), []).append((number, one))
    edits = []
    for path, wanted in of_file.items():
        before = base.read(path) if path in base.files else None
        if before is None:
            return f"edit {wanted[0][0]}: {path!r} is no text file of the repository"
        after = _replaced(before, wanted)
        if after is None:
            return next(fault for number, one in wanted if (fault := _fault(number, one, before)))
        if isinstance(after, _Overlap):
            return f"two edits of {path} overlap"
        edits.append(Edit(path=path, before=before, after=after))
    return tuple(edits)


def new_test(answer: Answer) -> NewTest | str:
    """The test as a file that ends with a line feed."""
    text = answer.new_test.text
    if holds_redaction(text):
        return "the test holds text that was removed from the prompt; write it without"
    return NewTest(path=answer.new_test.path.removeprefix("./"), text=text if text.endswith("\n") else f"{text}\n")


class _Overlap:
    """Two searched texts share characters."""


def _replaced(before: str, wanted: Sequence[tuple[int, Replacement]]) -> str | _Overlap | None:
    """None: one of them has a fault."""
    if any(_fault(number, one, before) for number, one in wanted):
        return None
    parts, after = [], 0
    for one in sorted((one for _, one in wanted), key=lambda one: before.index(_as_in(before, one.search))):
        search = _as_in(before, one.search)
        start = before.index(search)
        if start < after:
            return _Overlap()
        parts += [before[after:start], _as_in(before, one.replace)]
        after = start + len(search)
    return "".join((*parts, before[after:]))


def _fault(number: int, one: Replacement, before: str) -> str | None:
    search = _as_in(before, one.search)
    if not search:
        return f"edit {number}: search is empty"
    if holds_redaction(search) or holds_redaction(one.replace):
        return f"edit {number}: it touches text that was removed from the prompt; leave that line alone"
    first = before.find(search)
    if first >= 0 and before.find(search, first + 1) >= 0:
        return f"edit {number}: search stands more than once in {one.path}; give more lines, so that it stands once"
    if first >= 0:
        return None if search != _as_in(before, one.replace) else f"edit {number}: it replaces the text by itself"
    near = " ".join(search.split()) in " ".join(before.split())
    hint = "only with other white space or line breaks; copy it exactly" if near else "nowhere; copy it exactly"
    return f"edit {number}: search stands in {one.path} {hint}"


def _as_in(before: str, text: str) -> str:
    """The text with the line ends of the file."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in before else text
