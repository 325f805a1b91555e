"""The new test for a template: it reads the text where it stands, and looks where its placeholders are."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.proposal import NewTest
from metabot.generate.recipe import Base, NotSure
from metabot.generate.settings_files.reading import reading
from metabot.generate.settings_files.values import Keys
from metabot.render import render

PURPOSE: Final = "stable_prompt_prefix"


def of_module(path: str, read_by: str, changing: tuple[str, ...], share: float, base: Base) -> NewTest | NotSure:
    """The template is a constant of the module."""
    module = import_name(path, base.files)
    if isinstance(module, NotSure):
        return module
    package, _, name = module.rpartition(".")
    return _rendered(path, base, changing, share, package=package, module=name, read_by=f"{name}.{read_by}")


def of_file(path: str, keys: Keys, changing: tuple[str, ...], share: float, base: Base) -> NewTest | NotSure:
    """The template is a file, or a text in one."""
    read = reading(path, keys, base)
    if isinstance(read, NotSure):
        return read
    return _rendered(path, base, changing, share, library=read.library, path=json.dumps(path), read_by=read.expression)


def _rendered(about: str, base: Base, changing: tuple[str, ...], share: float, **where: object) -> NewTest | NotSure:
    target = new_test_path(about, PURPOSE, base)
    if isinstance(target, NotSure):
        return target
    text = render(
        "tests/stable_prompt_template.py.j2",
        **{"package": "", "module": "", "library": "", "path": ""} | where,
        up=len(PurePosixPath(target).parts) - 1,
        changing=json.dumps(changing),
        share=f"{share:.2f}",
    )
    return NewTest(path=target, text=text)
