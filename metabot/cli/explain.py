"""`metabot explain ANALYZER`."""

from __future__ import annotations

from dataclasses import fields

from analyzers.registry import ANALYZERS
from metabot.cli.console import analyzer_named, out


def explain(name: str) -> None:
    analyzer = ANALYZERS[analyzer_named(name)]
    out(analyzer.page.strip())
    out()
    out(f"Settings, under [analyzers.{name}]:")
    for field in fields(analyzer.settings):
        out(f"  {field.name} = {field.default}")
