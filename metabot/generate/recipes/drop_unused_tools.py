"""Drop unused tools: definitions that no answer ever asked for leave the list that the model is offered.

Their tokens are paid with every call. The function itself stays, and so does whatever answers a call of it:

    TOOLS = [                                    TOOLS = [
        {"name": "search", …},          ->           {"name": "search", …},
        {"name": "escalate", …},                 ]
    ]

It reads lists of definitions in Python, YAML and JSON, dictionaries of definitions by name, and lists of functions that
a request is given. It leaves alone a tool that stands in several lists, that a text of the program names (a prompt,
another tool's description), that is chosen by name (`tool_choice`) or that a test names; and the last tool of a list.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from metabot.generate.dropping import dropped
from metabot.generate.layout import import_name, new_test_path
from metabot.generate.probe.probe import probe
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.generate.recipes.offered_tools import Offered, offered
from metabot.generate.recipes.tool_mentions import counted, mentioned
from metabot.generate.replacing import replaced
from metabot.generate.settings_files.reading import reading
from metabot.generate.settings_files.values import without
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "drop-unused-tools"
_SHOWN: Final = 8  # names in the summary


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:  # noqa: ARG001  # a recipe
    """The change for tools that were offered in vain: in the one list that holds most of them."""
    unused = [str(tool) for tool in placed.finding.candidate.tools]
    if not unused:
        return NotSure("telemetry does not name the tools")
    lists = list(offered(base))
    doubts, found = _sorted(unused, lists, base)
    if not found:
        return NotSure("; ".join(doubts.values()))
    here = max(found, key=lambda one: len(found[one]))
    names = found[here]
    kept = [name for name in lists[here].names if name is not None and name not in names]
    if len(names) == len(lists[here].names) or not kept:
        return NotSure(f"{lists[here].path} would offer no tool any more")
    where = counted(lists[here].read_by or "", base) if lists[here].read_by else None
    if where is not None:
        return NotSure(f"{where} reads the list by position or by its length")
    edit = _edited(lists[here], names, base)
    test = _test(lists[here], names, kept, base)
    if isinstance(edit, NotSure):
        return edit
    return test if isinstance(test, NotSure) else _written(edit, names, test, left=doubts)


def _sorted(unused: Sequence[str], lists: Sequence[Offered], base: Base) -> tuple[dict[str, str], dict[int, list[str]]]:
    """Why some stay, and the others by the list that offers them."""
    doubts: dict[str, str] = {}
    found: dict[int, list[str]] = defaultdict(list)
    for name in unused:
        where = [at for at, one in enumerate(lists) if name in one.names]
        elsewhere = mentioned(name, base) if len(where) == 1 else None
        if len(where) != 1:
            doubts[name] = f"{len(where)} lists of tools that can be read offer {name}"
        elif elsewhere is not None:
            doubts[name] = f"{elsewhere} names {name} as well"
        else:
            found[where[0]].append(name)
    return doubts, found


def _edited(one: Offered, names: Sequence[str], base: Base) -> Edit | NotSure:
    before = base.read(one.path) or ""
    gone = tuple(at for at, name in enumerate(one.names) if name in names)
    after: str | NotSure | None
    if one.node is not None:
        after = replaced(before, one.node, lambda node: dropped(node, frozenset(gone)))
    else:
        after = without(one.path, before, one.keys, gone)
    if after is None:
        return NotSure(f"{one.path} is written in a way from which no item can be taken alone")
    return after if isinstance(after, NotSure) else Edit(path=one.path, before=before, after=after)


def _written(edit: Edit, names: Sequence[str], test: NewTest, *, left: Mapping[str, str]) -> Written:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
    stays = f" Not dropped: {'; '.join(left.values())}." if left else ""
    return Written(
        recipe=NAME,
        title=f"Stop offering {len(names)} tool{'s' if len(names) > 1 else ''} that the model never calls",
        summary=(
            f"Every request defines {shown}, and no answer asked for {'them' if len(names) > 1 else 'it'}. The "
            f"definitions leave the list in `{edit.path}`; the functions stay.{stays}"
        ),
        edits=(edit,),
        new_test=test,
        changes_prompt=True,
        risks=("A tool that is kept for a rare case is not offered in that case either.",),
    )


def _test(one: Offered, names: Sequence[str], kept: Sequence[str], base: Base) -> NewTest | NotSure:
    target = new_test_path(one.path, "drop_unused_tools", base)
    if isinstance(target, NotSure):
        return target
    how = _reading(one, base)
    if isinstance(how, NotSure):
        return how
    text = render(
        "tests/drop_unused_tools.py.j2",
        **how,
        up=target.count("/"),
        file=json.dumps(one.path),
        dropped=json.dumps(sorted(names)),
        kept=json.dumps(sorted(kept)),
    )
    return NewTest(path=target, text=text)


def _reading(one: Offered, base: Base) -> dict[str, object] | NotSure:
    """How the test comes by the tools: from the file, from a name of the module, or from the request itself."""
    how: dict[str, object] = {"library": "", "package": "", "module": "", "expression": "", "probe": ""}
    if one.request is not None and one.tree is not None:
        made = probe(one.request, one.tree, one.path, base)
        return made if isinstance(made, NotSure) else how | {"probe": made}
    if one.node is None:
        read = reading(one.path, one.keys, base)
        return read if isinstance(read, NotSure) else how | {"library": read.library, "expression": read.expression}
    name = import_name(one.path, base.files)
    if isinstance(name, NotSure):
        return name
    package, _, module = name.rpartition(".")
    return how | {"package": package, "module": module, "expression": f"{module}.{one.read_by}"}
