"""A runner that keeps every run, so that a proposal which is stopped early still has those that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from metabot.verify.commands import Words
from metabot.verify.measured import CommandRun
from metabot.verify.runner import BASE, Result, Revision, Runner


class Kept(NamedTuple):
    run: CommandRun
    bare: bool  # of the base without any file of a proposal: it serves every proposal of the pass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingRunner(Runner):
    kept: list[Kept]  # in the order in which they ended

    def run(self, command: Words, revision: Revision, **how: Any) -> Result:
        result = Runner.run(self, command, revision, **how)  # super() does not find it in a class with slots
        self.kept.append(Kept(result.run, revision == BASE))
        return result
