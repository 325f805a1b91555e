"""The language model: whether the settings are complete; it is asked only on request, since that costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from analyzers.finding import Fingerprint
from metabot import config
from metabot.doctor.line import Line, ok, problem
from metabot.redact import redact

_ANSWER_TOKENS: Final = 64
_ABOUT: Final = Fingerprint("doctor")


def model(settings: config.Settings) -> Iterator[Line]:
    """Asks nothing."""
    wanted = settings.model
    if wanted.script is not None:
        yield _script(wanted)
        return
    if bool(wanted.base_url) != bool(wanted.name):
        missing, there = ("name", "base_url") if wanted.base_url else ("base_url", "name")
        yield problem(f"[model] {there} is set and {missing} is not", f"Set {missing} too, or empty {there}.")
        return
    if not wanted.named:
        yield ok("none is named: changes are written by recipes alone")
        return
    variable = redact(wanted.api_key_variable)[0]
    if variable and not os.environ.get(wanted.api_key_variable, "").strip():
        todo = f"Set {variable} where metabot runs, or empty [model] api_key_variable for a server that takes no key."
        yield problem(f"the environment variable {variable} holds no key", todo)
        return
    key = f", its key in {variable}" if variable else ", without a key"
    yield ok(f"{wanted.name} at {wanted.base_url}{key}; not asked (--ask does)")


def _script(wanted: config.Model) -> Line:
    assert wanted.script is not None
    if not wanted.script.is_file():
        return problem(f"[model] script {wanted.script} is not there", "Name the script, or empty the setting.")
    return ok(f"{wanted.script} answers in the place of a model")


def asking(settings: config.Settings) -> Iterator[Line]:
    """The checks of `model`, and one short question to the server. What it costs is not written into the ledger."""
    from metabot.generate.asking.budget import Books  # noqa: PLC0415  the model's library takes a second to import
    from metabot.generate.model import Message, Model, Unanswered  # noqa: PLC0415

    yield from model(settings)
    if settings.model.script is not None or not settings.model.named:
        return
    few = settings.model.model_copy(update={"max_tokens": _ANSWER_TOKENS})
    books = Books(reserve=lambda *_: 0, settle=lambda *_: None)
    asked = Model.of(settings.model_copy(update={"model": few}), books)
    answer = asked.ask([Message(role="user", text="Answer with the one word: yes.")], schema=None, about=_ABOUT)
    if isinstance(answer, Unanswered):
        yield problem(answer.detail, "Look at [model] base_url, name and api_key_variable, and at the server.")
        return
    cost = "at an unknown price" if answer.cost_usd is None else f"for {answer.cost_usd:.6f} USD"
    yield ok(f"it answered with {answer.output_tokens:,} tokens, {cost}")
