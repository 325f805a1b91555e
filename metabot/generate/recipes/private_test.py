"""What the new test of a private function is given: how it gets the function, from a module or out of a script."""

from __future__ import annotations

from typing import Final

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.proposal import NewTest
from metabot.generate.recipe import Base, NotSure
from metabot.generate.recipes.through_function import runs_when_imported
from metabot.render import render

_NONE: Final = ""


def private_test(
    path: str, after: str, base: Base, *, template: str, purpose: str, **values: object
) -> NewTest | NotSure:
    """The rendered test; of a file that does its work while it is imported, the function alone is taken."""
    target = new_test_path(path, purpose, base)
    module = module_of(after)
    if isinstance(target, NotSure):
        return target
    if isinstance(module, NotSure):
        return module
    script = runs_when_imported(module) is not None
    name = _NONE if script else import_name(path, base.files)
    if isinstance(name, NotSure):
        return name
    package, _, last = name.rpartition(".")
    text = render(
        template, package=package, module=last, script=path if script else _NONE, up=target.count("/"), **values
    )
    return NewTest(path=target, text=text)
