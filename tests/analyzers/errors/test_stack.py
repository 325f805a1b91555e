"""The frame of a stack trace that is the application's own."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors.stack import in_app_frame

PYTHON = """Traceback (most recent call last):
  File "/app/desk/service.py", line 12, in handle
    return search(text)
  File "/app/desk/search.py", line 40, in search
    answer.raise_for_status()
  File "/usr/lib/python3.11/contextlib.py", line 81, in inner
    return func(*args)
  File "/app/.venv/lib/python3.11/site-packages/requests/models.py", line 1021, in raise_for_status
    raise HTTPError(http_error_msg)
requests.exceptions.HTTPError: 429"""
WINDOWS = r"""  File "C:\desk\search.py", line 7, in <module>
  File "C:\desk\.venv\Lib\site-packages\httpx\_client.py", line 3, in send"""
NODE = """Error: refused
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)
    at request (/srv/node_modules/axios/lib/axios.js:10:3)
    at async Desk.search (/srv/src/search.ts:40:9)
    at async /srv/src/server.ts:7:1"""
JVM = """java.lang.IllegalStateException: x
\tat java.base/java.util.Optional.get(Optional.java:143)
\tat java.util.Optional.get(Optional.java:143)
\tat com.example.desk.Search.run(Search.java:40)
\tat org.springframework.web.Filter.go(Filter.java:1)"""
GO = """goroutine 1 [running]:
panic({0x1, 0x2})
\t/usr/local/go/src/runtime/panic.go:884 +0x1
github.com/example/desk/search.(*Client).Run(0xc0001, {0x2})
\t/src/desk/search/client.go:40 +0x1d
main.main()
\t/src/desk/main.go:7 +0x2"""


def place(stacktrace):
    return pl.select(in_app_frame(pl.lit(stacktrace, pl.String))).row(0)


@pytest.mark.parametrize(
    ("stacktrace", "expected"),
    [
        pytest.param(PYTHON, ("/app/desk/search.py", "search", 40), id="Python"),
        pytest.param(WINDOWS, ("C:\\desk\\search.py", "<module>", 7), id="Python on Windows"),
        pytest.param(NODE, ("/srv/src/search.ts", "Desk.search", 40), id="Node.js"),
        pytest.param(JVM, ("Search.java", "com.example.desk.Search.run", 40), id="JVM"),
        pytest.param(GO, ("/src/desk/search/client.go", "github.com/example/desk/search.(*Client).Run", 40), id="Go"),
    ],
)
def test_the_deepest_own_frame_is_named(stacktrace, expected):
    """Libraries and the runtime stand below it, the application's callers above."""
    assert place(stacktrace) == expected


@pytest.mark.parametrize(
    "stacktrace",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("it broke at noon", id="no stack trace"),
        pytest.param(
            PYTHON.replace("/app/desk/", "/app/.venv/lib/python3.11/site-packages/desk/"), id="libraries only"
        ),
    ],
)
def test_no_own_frame_is_named_where(stacktrace):
    """Unknown is not the nearest guess."""
    assert place(stacktrace) == (None, None, None)


@given(st.text(st.sampled_from('File ".\n\tat(x):/go,line 12')))
def test_always_answers(stacktrace):
    """Whatever a stack trace holds."""
    assert len(place(stacktrace)) == 3
