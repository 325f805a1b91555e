"""An HTTP connection whose answer has one time limit: each read of it has only what is left.

A socket's own time-out is for each read anew: a server that sends a byte now and then outlasts it.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import SplitResult


def posted(address: SplitResult, body: bytes, headers: Mapping[str, str], *, seconds: float, most: int) -> bytes:
    """What the server answers, of `most` bytes at most; redirects are not followed, and proxies are not asked.

    Raises OSError or http.client.HTTPException where there is none in time, or another one than 200.
    """
    ends = time.monotonic() + seconds
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    with closing(kind(address.hostname or "", address.port, timeout=seconds)) as connection:
        connection.response_class = partial(_answer, ends)  # type: ignore[assignment]
        connection.connect()
        connection.sock.settimeout(_left(ends))
        connection.request("POST", address.path, body, dict(headers))
        with connection.getresponse() as answer:
            if answer.status != http.client.OK:
                raise http.client.HTTPException(f"status {answer.status}")
            read = answer.read(most + 1)
    if len(read) > most:
        raise http.client.HTTPException("the answer is too long")
    return read


def _answer(ends: float, sock: socket.socket, **more: Any) -> http.client.HTTPResponse:
    timed: Any = _Timed(sock, ends)
    return http.client.HTTPResponse(timed, **more)


class _Timed:
    """Stands for the socket that an answer is read from."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Pieces(self._sock, self._ends))


class _Pieces(io.RawIOBase):
    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends
        self._raw: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:
        self._sock.settimeout(_left(self._ends))
        read: int | None = self._raw.readinto(into)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(ends: float) -> float:
    """Seconds. Raises TimeoutError where there are none."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer takes too long")
    return left
