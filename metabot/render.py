"""Templates, and where the files that come with metabot are: in the installed package or beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from analyzers.untrusted import Untrusted

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """The file or folder that comes with metabot under this name: `templates`, `config.toml`, `examples/…`."""
    found = next((folder / name for folder in (_PACKAGE, _PACKAGE.parent) if (folder / name).exists()), None)
    if found is None:
        raise FileNotFoundError(f"{name} is neither in {_PACKAGE} nor beside it: metabot is not installed whole")
    return found


def render(template: str, **values: object) -> str:
    """The text of `templates/<template>`. Raises on an undefined name, on None, and on text from telemetry not quoted.

    Nothing is escaped: Markdown and Python come out, not HTML. The filter `literal` writes a value as Python does,
    `code` what may stand between backticks.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(asset("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  Markdown and Python are written, no HTML
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["literal"] = repr
    environment.filters["code"] = code
    return environment


def code(text: str) -> str:
    """Text that a pair of backticks in Markdown holds."""
    return " ".join(text.replace("`", "'").split())


def _printable(value: object) -> object:
    if value is None or isinstance(value, Untrusted):
        raise TypeError(f"a template prints {value!r}: say what is unknown, and quote what came from telemetry")
    return value
