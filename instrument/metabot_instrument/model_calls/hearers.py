"""Those who hear of one model call, told of its end once."""

from __future__ import annotations

import time

from metabot_instrument.boundary import contained
from metabot_instrument.model_calls import answer, heard
from metabot_instrument.model_calls.values import Body, text
from metabot_instrument.vocabulary import attributes as names


class Hearers:
    def __init__(self, asked: Body, began_ns: int) -> None:
        self._model = text(asked.get("model"))
        self._ended = heard.began(heard.Asked(self._model, began_ns))

    @contained("model_call", None)
    def end(self, came: Body, *, failed: bool, end_ns: int | None) -> None:
        hearers, self._ended = self._ended, ()
        if not hearers:
            return
        figures = answer.figures(came)
        told = heard.Answered(
            id=figures[names.RESPONSE_ID],
            model=self._model or figures[names.RESPONSE_MODEL],
            input=figures[names.INPUT_TOKENS],
            output=figures[names.OUTPUT_TOKENS],
            cached=figures[names.CACHED_TOKENS],
            failed=failed or answer.error_in(came) is not None,
            ended_ns=end_ns or time.time_ns(),
        )
        for ended in hearers:
            ended(told)
