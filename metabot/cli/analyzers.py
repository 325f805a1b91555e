"""Analyzers as commands name them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from analyzers.registry import ANALYZERS, Analyzer
from metabot.cli.console import remark
from metabot.errors import SettingsError
from metabot.plugins import Refusal, analyzer_named


def analyzer_of(name: str) -> Analyzer:
    """The analyzer of this name or dotted path; `SettingsError` naming the nearest one, or why it cannot be used."""
    found = analyzer_named(name)
    if isinstance(found, Refusal):
        raise SettingsError(f"{found.told()}.\n  docs/plugins.md says what such a module holds, and where it lies.")
    if found is not None:
        return found
    near = difflib.get_close_matches(name, ANALYZERS, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(ANALYZERS))}."
    raise SettingsError(f"{name} is not an analyzer of metabot.\n  {advice}")


def tell_left_out(refused: Iterable[Refusal]) -> None:
    """Analyzers by dotted path that were not used, on standard error."""
    for refusal in refused:
        remark(f"left out: {refusal.told()}")
