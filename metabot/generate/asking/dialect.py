"""Which of the protocol's parameters a server takes: asked for the most, and lowered by what it refuses.

OpenAI's own models differ among themselves (a limit's name, a temperature); servers of open models differ in what they
know of structured output. No list of servers is kept: each says 400 where it does not understand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from metabot.generate.asking.answered import Failed
from metabot.render import render

Form = Literal["schema", "json", "text"]
_MILDER: Final[Mapping[Form, Form]] = {"schema": "json", "json": "text"}
_NOT_UNDERSTOOD: Final = (400, 404, 415, 422, 501)
_ABOUT_FORM: Final = ("response_format", "json_schema", "json_object", "schema", "structured", "grammar", "guided")

_NOT_ABOUT_FORM: Final = ("model", "context", "key")  # unknown, too long, wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    form: Form
    form_is_fixed: bool  # by the settings
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float | None
    counts: bool = True  # token counts at the end of a stream are asked for

    @classmethod
    def of(cls, structured: Literal["auto", "schema", "json", "text"], temperature: float | None) -> Dialect:
        fixed = structured != "auto"
        return cls(form="schema" if structured == "auto" else structured, form_is_fixed=fixed, temperature=temperature)

    def after(self, failed: Failed) -> Dialect | None:
        """What to ask for instead, where the server said that it does not understand; None: nothing is left to drop."""
        if failed.status not in _NOT_UNDERSTOOD:
            return None
        said = f"{failed.parameter} {failed.code} {failed.words}".lower()
        if "max_tokens" in said and self.limit == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit="max_completion_tokens")
        if "temperature" in said and self.temperature is not None:
            return replace(self, temperature=None)
        if "stream_options" in said and self.counts:
            return replace(self, counts=False)
        names_form = any(word in said for word in _ABOUT_FORM)
        may_be_form = failed.status in (400, 422) and not any(word in said for word in _NOT_ABOUT_FORM)
        if (names_form or may_be_form) and not self.form_is_fixed and self.form in _MILDER:
            return replace(self, form=_MILDER[self.form])
        return None

    def request(
        self, messages: Sequence[tuple[str, str]], schema: Mapping[str, object] | None, *, model: str, max_tokens: int
    ) -> dict[str, Any]:
        """The body. Where the server is not given the schema as one, the last message ends with it."""
        written = [{"role": role, "content": text} for role, text in messages]
        request: dict[str, Any] = {"model": model, "messages": written, "stream": True, self.limit: max_tokens}
        if self.temperature is not None:
            request["temperature"] = self.temperature
        if self.counts:
            request["stream_options"] = {"include_usage": True}
        if schema is None:
            return request
        if self.form == "schema":
            named = {"name": "answer", "schema": schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": named}
            return request
        written[-1]["content"] += render("prompts/answer_form.md.j2", schema=json.dumps(schema))
        if self.form == "json":
            request["response_format"] = {"type": "json_object"}
        return request
