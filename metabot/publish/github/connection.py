"""One request to GitHub and its answer: the only import of PyGithub.

Nothing is repeated here, no redirect is followed, and no wait is endless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import github
import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, RequestsResponse

import metabot
from metabot.publish.github.address import Address

SECONDS: Final = 30  # to connect, and between two pieces of an answer
# Those that the library would follow, or, for 202, ask again and again.
_AS_IT_IS: Final = (202, 301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]  # by their names in small letters
    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer: whether the request was carried out is not known, unless it was not sent at all."""

    why: str
    sent: bool = True


class Connection:
    def __init__(self, address: Address, token: str, *, seconds: int = SECONDS) -> None:
        self._requester = github.Github(
            auth=github.Auth.Token(token),
            base_url=address.api,
            user_agent=f"metabot/{metabot.__version__}",
            timeout=seconds,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).requester
        parts = urlsplit(address.api)
        kind = _Encrypted if parts.scheme == "https" else _OnThisMachine
        self._wire = kind(parts.hostname or "", parts.port, timeout=seconds, retry=0)

    def ask(
        self, verb: str, path: str, *, query: dict[str, Any], payload: object, headers: dict[str, str]
    ) -> Answer | Lost:
        """`path` counts from the API's base address. A redirect comes back as it is."""
        try:
            answer = self._requester.requestJson(verb, path, query, dict(headers), payload, self._wire)
        except _AsItIsError as came:
            return Answer(came.status, {"location": came.to}, "")
        except requests.RequestException as error:
            return Lost(type(error).__name__)
        except ValueError:
            return Lost("headers that are no numbers")
        status, found, text = answer
        return Answer(status, {name: str(value) for name, value in found.items()}, text)


class _AsItIsError(Exception):
    def __init__(self, status: int, to: str) -> None:
        super().__init__(to)
        self.status = status
        self.to = to


class _Encrypted(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _as_it_is(super().getresponse())


class _OnThisMachine(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _as_it_is(super().getresponse())


def _as_it_is(response: RequestsResponse) -> RequestsResponse:
    if response.status in _AS_IT_IS:
        raise _AsItIsError(response.status, str(response.headers.get("location", "")))
    return response
