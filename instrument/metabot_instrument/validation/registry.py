"""Validators by name, as a settings file says them: those that are shipped, or a dotted path of your own."""

from __future__ import annotations

from typing import Any, Final

from metabot_instrument import tables as of_tables

_HERE: Final = "metabot_instrument.validation"
TYPES: Final = {
    "anti_jailbreak": f"{_HERE}.anti_jailbreak:AntiJailbreak",
    "circuit_breaker": f"{_HERE}.circuit_breaker:CircuitBreaker",
    "hallucination": f"{_HERE}.hallucination:Hallucination",
    "rate_limit": f"{_HERE}.rate_limit:RateLimit",
}


def made(tables: object) -> list[Any]:
    """One validator for each table, in their order. Raises ValueError that says which one is wrong, and in what."""
    return of_tables.made(tables, section="validators", types=TYPES, method="validate")
