"""What the model author may cost: an upper bound for each finding of the small applications under tests/applications.

Each application is run for real and its findings are placed; for every placed finding the real prompt is written, and
nobody is asked. A token is taken to be three characters, which is more than any of today's tokenizers makes of code and
English. Each of the rounds is taken to be used, to answer with as many tokens as it may, and to hear as much output as
is ever shown. Prices are list prices, without a discount for what a provider's cache would hold.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from analyzers.finding import Finding
from metabot.analysis import analyze
from metabot.config import Settings
from metabot.generate.asking.tariff import Tariff
from metabot.generate.author import Author, Signature
from metabot.generate.model import Message, Reply, Unanswered
from metabot.generate.recipe import Base
from metabot.git import Repository
from metabot.ingest import ingest
from metabot.place.placement import Placed
from metabot.place.placing import place
from metabot.store.store import opened
from tests.applications.applications import laid_out

_APPLICATIONS: Final = Path("tests/applications/faulty")
_CHARACTERS: Final = 3  # of a token
_OUTPUT: Final = 3_600  # characters that a round is told, with the words around them
_MODELS: Final = (("openai", "gpt-4.1"), ("anthropic", "claude-sonnet-4-5"))


class Row(NamedTuple):
    application: str
    analyzer: str
    prompt: int  # tokens of the first round
    read: int  # tokens of all rounds
    written: int


def main() -> None:
    rows = [row for source in sorted(_APPLICATIONS.iterdir()) if source.is_dir() for row in _rows(source)]
    tariffs = [Tariff(model=name, provider=provider) for provider, name in _MODELS]
    print(
        f"{'application':17} {'finding':24} {'prompt':>7} {'read':>7} {'written':>8}", *(f"{n:>18}" for _, n in _MODELS)
    )
    for row in rows:
        costs = [tariff.usd(row.read, row.written) or float("nan") for tariff in tariffs]
        told = f"{row.application:17} {row.analyzer:24} {row.prompt:7,} {row.read:7,} {row.written:8,}"
        print(told, *(f"{'$' + format(cost, '.2f'):>18}" for cost in costs))
    for (_, name), tariff in zip(_MODELS, tariffs, strict=True):
        costs = [tariff.usd(row.read, row.written) or float("nan") for row in rows]
        print(f"{name}: at most ${max(costs):.2f} a finding, ${sum(costs) / len(costs):.2f} on average")


def _rows(source: Path) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        application = laid_out(source, Path(folder) / source.name)
        application.record()
        repository = Repository(application.repository)
        for finding in _findings(application.settings):
            placed = place(finding, repository, base_branch="main")
            if isinstance(placed, Placed) and (prompt := _prompt(placed, repository, application.settings)):
                read, written = _most(prompt, application.settings)
                yield Row(source.name, finding.candidate.analyzer, prompt, read, written)


def _findings(settings: Settings) -> Sequence[Finding]:
    with opened(settings.store.path, purpose="a benchmark", waiting=print) as store:
        ingest(store, settings.sources, settings, progress=lambda _: None)
        return [one for one in analyze(store, settings).findings if one.production]


def _prompt(placed: Placed, repository: Repository, settings: Settings) -> int:
    """Tokens of the first question; 0 where none would be asked."""
    asked: list[Message] = []

    def ask(messages: Sequence[Message]) -> Unanswered | Reply:
        asked.extend(messages)
        return Unanswered(reason="model unavailable", detail="nobody is asked")

    base = Base(repository, repository.resolve("main") or "")
    author = Author.of(placed, base, settings, ask, Signature(name="nobody", scripted=False))
    if isinstance(author, Author):
        author.propose()
    return -(-sum(len(message.text) for message in asked) // _CHARACTERS)


def _most(prompt: int, settings: Settings) -> tuple[int, int]:
    """Tokens read and written when every round is used: each reads all that was said before."""
    rounds, answer = settings.model.rounds, settings.model.max_tokens
    said = answer + -(-_OUTPUT // _CHARACTERS)
    return sum(prompt + number * said for number in range(rounds)), rounds * answer


if __name__ == "__main__":
    main()
