"""`metabot explain [ANALYZER]`."""

from __future__ import annotations

from dataclasses import fields

from analyzers.registry import ANALYZERS
from metabot.cli.analyzers import analyzer_of
from metabot.cli.console import out, wrapped


def explain(name: str | None) -> None:
    if name is None:
        _list()
        return
    analyzer = analyzer_of(name)
    out(analyzer.page.strip())
    out()
    out(f"Settings, under [analyzers.{_key(name)}]:")
    for field in fields(analyzer.settings):
        out(f"  {field.name} = {field.default}")


def _list() -> None:
    out(f"{len(ANALYZERS)} analyzers; metabot explain NAME prints the page of one.")
    for name, analyzer in sorted(ANALYZERS.items()):
        out()
        out(name)
        out("\n".join(wrapped(first_line(analyzer.page), indent="  ")))


def first_line(page: str) -> str:
    """What an analyzer finds: the first paragraph of its page, without its title."""
    first = " ".join(page.strip().split("\n\n")[0].split())
    return first.partition(": ")[2] or first


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name
