"""The one place that speaks to a language model: any server with OpenAI's chat completions.

Before a request: secrets leave the prompt, validators let it pass, the budget is checked by the most that it can cost,
its turn is waited for. After it: what it cost is settled in the ledger and written as a span. It is tried again where
that can help, never beyond the deadline, and not at all once several questions in a row came to nothing.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import httpx2
import openai
from openai.resources.chat.completions import Completions

from analyzers.finding import Fingerprint
from metabot import config
from metabot.generate.asking.answered import Answered, Failed, Piece, gathered, piece_of
from metabot.generate.asking.attempts import Attempts, Denied, Question, Replied
from metabot.generate.asking.budget import Books
from metabot.generate.asking.by_deadline import LateError, by_deadline
from metabot.generate.asking.retry import retry_after
from metabot.generate.asking.said import in_words, quoted
from metabot.generate.asking.transport import TooLargeError, Transport
from metabot.generate.screen import screened
from metabot.redact import redact
from metabot.stopped import Reason
from metabot_instrument import openai as recorded

_CONNECT_SECONDS: Final = 15.0
_BYTES: Final = 4_000_000  # of an answer, and for each of its tokens:
_BYTES_PER_TOKEN: Final = 1_000  # one piece of a stream, with what servers repeat in each
_WORDS: Final = 2_000  # characters of a server's error


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said, whole (`stop`) or cut at the limit (`length`)."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None  # None: the model's price is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Why there is no reply: for a `Stopped` at `written`."""

    reason: Reason
    detail: str


class Model:
    """One server for one pass. `attempts` asks within the budget."""

    def __init__(self, settings: config.Model, attempts: Attempts) -> None:
        self.name = settings.name
        self._settings, self._attempts = settings, attempts
        self._url = httpx2.URL(settings.base_url)
        self._spent: Counter[Fingerprint] = Counter()  # seconds of asking

    @classmethod
    def of(cls, settings: config.Settings, books: Books) -> Model:
        """The settings' model, for one pass. It is asked only where the settings name one."""
        return cls(settings.model, Attempts.of(settings, books))

    def ask(
        self, messages: Sequence[Message], *, schema: Mapping[str, object] | None, about: Fingerprint
    ) -> Reply | Unanswered:
        """The model's reply, or why there is none, at the latest when the finding's deadline is over."""
        key = self._key()
        if isinstance(key, Unanswered):
            return key
        texts = [(message.role, screened(message.text)) for message in messages]
        gate = self._attempts.gate
        decision = gate.question("\n\n".join(text for _, text in texts))
        if (why := gate.why_not(decision)) is not None:
            return Unanswered(reason="model unavailable", detail=f"{self._where} {why}.")
        began = self._attempts.clock()
        result = self._attempts.answer(
            Question(messages=texts, schema=schema, about=about),
            partial(_sent, self._settings, self._url, key),
            seconds=self._settings.deadline_seconds - self._spent[about],
        )
        self._spent[about] += self._attempts.clock() - began  # type: ignore[assignment]  # seconds, not a count
        if not isinstance(result, Denied):
            gate.heard(decision, answered=isinstance(result, Replied))
        return self._heard(result, key)

    @property
    def _where(self) -> str:
        return f"{self.name} at {self._url.netloc.decode()}"

    def _key(self) -> str | Unanswered:
        """Read now, from the environment, and held for one question only."""
        variable = self._settings.api_key_variable
        key = os.environ.get(variable, "").strip() if variable else ""
        if variable and not (key.isascii() and key.isprintable() and key):
            named = redact(variable)[0]  # in case somebody wrote the key itself there
            detail = f"the environment variable {named}, which [model] api_key_variable names, holds no key. Set it."
            return Unanswered(reason="model unavailable", detail=detail)
        return key

    def _heard(self, result: Replied | Failed | Denied, key: str) -> Reply | Unanswered:
        match result:
            case Denied(reason, words):
                return Unanswered(reason=reason, detail=f"{self._where}: {words}. See [model] in the settings.")
            case Failed(why=why):
                ended: Reason = "answer unusable" if why in ("nonsense", "too large") else "model unavailable"
                return Unanswered(reason=ended, detail=f"{self._where}: {in_words(result, key)}")
            case Replied(answer, asked):
                if asked.outcome == "refused":
                    words = quoted(answer.refusal or answer.finish_reason, key)
                    return Unanswered(reason="model refused", detail=f"{self._where} refuses: {words}")
                if not answer.text.strip():
                    detail = f"{self._where} answers with no text (it ends with {quoted(answer.finish_reason, key)})."
                    return Unanswered(reason="answer unusable", detail=detail)
                return Reply(
                    text=answer.text.replace(key, "[redacted: model key]") if key else answer.text,
                    finish_reason=answer.finish_reason,
                    input_tokens=asked.input_tokens,
                    output_tokens=asked.output_tokens,
                    cost_usd=asked.cost_usd,
                )


def _sent(
    settings: config.Model, url: httpx2.URL, key: str, request: Mapping[str, Any], seconds: float
) -> Answered | Failed:
    """One request, over a connection of its own."""
    transport = Transport(url, key=_bearing(url, key), most_bytes=_BYTES + _BYTES_PER_TOKEN * settings.max_tokens)
    piece_seconds = settings.timeout_seconds
    waiting = httpx2.Timeout(piece_seconds, connect=min(_CONNECT_SECONDS, piece_seconds))
    with httpx2.Client(transport=transport, timeout=waiting, follow_redirects=False) as connection:
        client = recorded(
            openai.OpenAI(
                api_key="unused",  # the transport has it
                base_url=url.copy_with(query=None),
                default_query=dict(url.params),
                max_retries=0,  # one policy, and it is not the SDK's
                http_client=connection,
            )
        )
        pieces = by_deadline(
            partial(_pieces, client.chat.completions, request),
            piece_seconds=piece_seconds,
            seconds=seconds,
            leave=connection.close,
        )
        try:
            return gathered(pieces)
        except LateError:
            return Failed(why="stalled")


def _bearing(url: httpx2.URL, key: str) -> dict[str, str]:
    if not key:
        return {}
    # Azure's addresses with api-version take a key under this name; as a bearer they take another kind of token.
    return {"api-key": key} if "api-version" in url.params else {"authorization": f"Bearer {key}"}


def _pieces(chat: Completions, request: Mapping[str, Any]) -> Iterator[Piece | Failed]:
    """The pieces of one answer. Whatever fails on the way becomes the last piece: exceptions hold requests."""
    try:
        with chat.with_streaming_response.create(**request) as response:
            match response.headers.get("content-type", "").partition(";")[0]:
                case "application/json":  # it does not stream
                    yield piece_of(json.loads(response.read()))
                case "text/html":
                    yield Failed(why="nonsense", words="text/html")
                case _:
                    yield from map(piece_of, response.parse(to=openai.Stream[object]))
    except openai.APIStatusError as error:
        yield _refused(error)
    except (openai.APITimeoutError, httpx2.TimeoutException):
        yield Failed(why="stalled")
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        yield _disconnected(error.__cause__ or error)
    except openai.APIError as error:  # in the middle of a stream
        yield Failed(why="broken", words=error.message)
    except (openai.OpenAIError, httpx2.StreamError, ValueError, RecursionError):
        yield Failed(why="nonsense")
    except RuntimeError:  # the connection was closed, because the answer is late
        yield Failed(why="stalled")


def _refused(error: openai.APIStatusError) -> Failed:
    body = error.body if isinstance(error.body, dict) else {}
    words = body.get("message") or body.get("detail") or error.body or ""
    return Failed(
        why="elsewhere" if error.status_code < 400 else "status",
        status=error.status_code,
        words=str(words)[:_WORDS],
        parameter=str(error.param or ""),
        code=str(error.code or ""),
        retry_after=retry_after(error.response.headers.get("retry-after")),
    )


def _disconnected(cause: BaseException) -> Failed:
    if isinstance(cause, TooLargeError):
        return Failed(why="too large")
    never = isinstance(cause, httpx2.ConnectError | httpx2.UnsupportedProtocol | httpx2.ProxyError)
    return Failed(why="unreachable" if never else "broken")
