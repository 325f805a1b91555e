"""The way to the server: nothing goes out but the request and its key, and no more comes in than an answer can be.

The SDK would add what the machine's environment holds for OpenAI (an organization, further headers) and what this
machine is; both would reach whichever server the settings name. Headers are therefore chosen here, and the key is put
in here alone, so that no request that an error of the SDK holds bears it. Redirects are not followed: whoever can
answer with one would choose who reads the prompt.
"""

from __future__ import annotations

import ipaddress
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import httpx2

_KEPT: Final = ("host", "content-type", "content-length", "accept")
_OWN: Final = {"user-agent": "metabot", "accept-encoding": "identity"}


class TooLargeError(httpx2.ReadError):
    """The answer is larger than asked for could be; the rest is not read."""


class Transport(httpx2.BaseTransport):
    def __init__(self, url: httpx2.URL, *, key: Mapping[str, str], most_bytes: int) -> None:
        self._inner = httpx2.HTTPTransport(verify=_certificates(), proxy=_proxy(url))
        self._headers = {**_OWN, **key}
        self._most = most_bytes

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        kept = {name: request.headers[name] for name in _KEPT if name in request.headers}
        sent = httpx2.Request(
            request.method,
            request.url,
            headers={**kept, **self._headers},
            stream=request.stream,
            extensions=request.extensions,
        )
        response = self._inner.handle_request(sent)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        capped = _Capped(response.stream, self._most)
        if response.headers.get("content-encoding", "identity") != "identity":
            capped.close()
            raise TooLargeError("packed, though that was not asked for: it may unpack to any size")
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=capped, extensions=response.extensions
        )

    def close(self) -> None:
        self._inner.close()


class _Capped(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    def __iter__(self) -> Iterator[bytes]:
        left = self._most
        for part in self._stream:
            left -= len(part)
            if left < 0:
                raise TooLargeError(f"more than {self._most:,} bytes")
            yield part

    def close(self) -> None:
        self._stream.close()


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes longer than a request to a near server."""
    return httpx2.create_ssl_context()


def _proxy(url: httpx2.URL) -> str | None:
    """The environment's, as every other program takes it; none to this machine itself."""
    if _is_here(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    return urllib.request.getproxies().get(url.scheme)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
