"""The new test for a template: it reads the text where it stands, and looks where its placeholders are."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.proposal import NewTest
from metabot.generate.recipe import Base, NotSure
from metabot.generate.settings_files.values import Keys
from metabot.render import render

PURPOSE: Final = "stable_prompt_prefix"
_IMPORTS_YAML: Final = re.compile(r"^\s*(import|from) yaml\b", re.MULTILINE)


def of_module(path: str, read_by: str, changing: tuple[str, ...], share: float, base: Base) -> NewTest | NotSure:
    """The template is a constant of the module."""
    module = import_name(path, base.files)
    if isinstance(module, NotSure):
        return module
    package, _, name = module.rpartition(".")
    return _rendered(path, base, changing, share, package=package, module=name, read_by=read_by)


def of_file(path: str, keys: Keys, changing: tuple[str, ...], share: float, base: Base) -> NewTest | NotSure:
    """The template is a file, or a text in one."""
    file_format = _format(path) if keys else "text"
    if file_format == "yaml" and not _reads_yaml(base):
        return NotSure("no module of the repository imports yaml, which a test would read the prompt with")
    return _rendered(path, base, changing, share, format=file_format, path=path, read_by=_subscripts(keys))


def _rendered(about: str, base: Base, changing: tuple[str, ...], share: float, **where: object) -> NewTest | NotSure:
    target = new_test_path(about, PURPOSE, base)
    if isinstance(target, NotSure):
        return target
    where = {"package": "", "module": "", "format": "", "path": "", "read_by": ""} | where
    path = where["path"]
    text = render(
        "tests/stable_prompt_template.py.j2",
        **where | {"path": repr(path) if path else ""},
        up=len(PurePosixPath(target).parts) - 1,
        changing=repr(list(changing)),
        share=f"{share:.2f}",
    )
    return NewTest(path=target, text=text)


def _subscripts(keys: Keys) -> str:
    return "".join(f"[{key!r}]" for key in keys)


def _format(path: str) -> str:
    suffix = PurePosixPath(path).suffix.lstrip(".")
    return "yaml" if suffix == "yml" else suffix


def _reads_yaml(base: Base) -> bool:
    sources = (base.read(path) or "" for path in base.files if path.endswith(".py"))
    return any(_IMPORTS_YAML.search(text) for text in sources)
