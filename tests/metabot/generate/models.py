"""A model of the settings' kind for a server on the loopback, with a real ledger behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzers.finding import Fingerprint
from metabot import config
from metabot.generate.asking.asked import Asked
from metabot.generate.asking.attempts import Attempts
from metabot.generate.model import Message, Model, Reply, Unanswered
from metabot.ledger.ledger import Ledger

ABOUT = Fingerprint("0123456789ab")
HELLO = (Message(role="user", text="Write the change."),)


@dataclass
class Asking:
    """One pass: what it slept instead of waiting, and what its ledger holds."""

    model: Model
    ledger: Ledger
    settings: config.Settings
    slept: list[float] = field(default_factory=list)

    def ask(self, text: str = "Write the change.", about: Fingerprint = ABOUT) -> Reply | Unanswered:
        return self.model.ask([Message(role="user", text=text)], schema={"type": "object"}, about=about)

    @property
    def asked(self) -> list[Asked]:
        return self.ledger.model_calls(ABOUT)


def asking(
    url: str,
    root: Path,
    *,
    prices: list[dict[str, object]] | None = None,
    validators: list[dict[str, object]] | None = None,
    **chosen: object,
) -> Asking:
    values = {"base_url": url, "name": "gpt-4o-mini", "timeout_seconds": 20, "max_tokens": 500, **chosen}
    tables = {"model": values, "prices": prices or [], "monitoring": {"validators": validators or []}}
    settings = config.parse(tables, name="config.toml", root=root)
    ledger = Ledger(settings.ledger.path)
    slept: list[float] = []
    attempts = replace(Attempts.of(settings, ledger.books(ledger.begin_pass())), sleep=slept.append)
    return Asking(Model(settings.model, attempts), ledger, settings, slept)
