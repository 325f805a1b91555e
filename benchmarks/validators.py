"""How well the shipped validators tell attacks from harmless texts, and right claims from wrong ones.

`python benchmarks/validators.py`: precision and recall on the sets in `tests/instrument/validation/sets`, as the tables
that `docs/security.md` shows. No model is asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.anti_jailbreak import AntiJailbreak
from metabot_instrument.validation.claims.check import checked
from metabot_instrument.validation.claims.knowledge import knowledge
from metabot_instrument.validation.claims.prepared import Prepared
from metabot_instrument.validation.verdict import Rejected

SETS: Final = Path(__file__).parents[1] / "tests" / "instrument" / "validation" / "sets"

_CLAIMS: Final = {
    "dev": "facts.json",
    "heldout": "facts.json",
    "domains": "facts_domains.json",
    "services": "facts_services.json",
    "things": "facts_things.json",
}  # sets of claims, each with what is known


def table() -> str:
    """Both validators on both of their sets, as a table of Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "| found | set | right | wrong | precision | recall |"
    yield "|---|---|---|---|---|---|"
    for name in ("dev", "heldout"):
        rows = _rows(f"jailbreak_{name}")
        yield _line("attacks", name, rows, _attacked, lambda row: bool(row["attack"]))
    for standing in ("contradicted", "supported"):
        for name, facts in _CLAIMS.items():
            known = Prepared(knowledge(SETS / facts))
            rows = _rows(f"claims_{name}")
            yield _line(f"{standing} claims", name, rows, _standing(known, standing), _is(standing))


def _line(
    what: str,
    name: str,
    rows: list[dict[str, Any]],
    found: Callable[[dict[str, Any]], bool],
    right: Callable[[dict[str, Any]], bool],
) -> str:
    true, false, missed = _counts((found(row), right(row)) for row in rows)
    positives = true + missed
    return (
        f"| {what} | {name} | {positives} | {len(rows) - positives} "
        f"| {true / max(true + false, 1):.3f} | {true / max(positives, 1):.3f} |"
    )


def _counts(pairs: Iterable[tuple[bool, bool]]) -> tuple[int, int, int]:
    told = list(pairs)
    return told.count((True, True)), told.count((True, False)), told.count((False, True))


def _attacked(row: dict[str, Any]) -> bool:
    return isinstance(AntiJailbreak().validate(Action("message", text=row["text"])), Rejected)


def _standing(known: Prepared, standing: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: any(claim.standing == standing for claim in checked(row["text"], known))


def _is(standing: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: standing in row["standing"].split(", ")


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text("utf-8").splitlines()]


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
