"""Placing by the name of an operation."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from searched import searched, shown

from analyzers.untrusted import Name
from metabot.place.operations import by_operation
from metabot.place.several import Several

SPAN = 'def run():\n    with tracer.start_as_current_span("draft reply"):\n        pass\n'


@pytest.mark.parametrize(
    ("operation", "text", "place"),
    [
        pytest.param("draft reply", SPAN, "a.py:1-3 run", id="span"),
        pytest.param(
            "draft reply", '@observe(name="draft reply")\nasync def run():\n    pass\n', "a.py:1-3 run", id="decorator"
        ),
        pytest.param(
            "draft reply",
            'with tracer.start_as_current_span("draft reply"):\n    x = 1\n',
            "a.py:1-2 None",
            id="in a script",
        ),
        pytest.param(
            "step 7 of plan",
            'def run(n):\n    with span(f"step {n} of plan"):\n        pass\n',
            "a.py:1-3 run",
            id="span with a part filled in",
        ),
        pytest.param(
            "GET /tickets/{id}",
            '@app.get("/tickets/{ticket_id}")\ndef show(ticket_id):\n    pass\n',
            "a.py:1-3 show",
            id="route",
        ),
        pytest.param(
            "POST /v1/tickets/<int:n>/close",
            'def close(n):\n    pass\n\n\napp.add_url_rule("/tickets/<n>/close", view_func=close)\n',
            "a.py:1-2 close",
            id="route registered by a call, below a prefix",
        ),
        pytest.param(
            "POST /triage",
            'class H:\n    def do_POST(self):\n        return self.path == "/triage"\n',
            "a.py:2-3 H.do_POST",
            id="route compared",
        ),
        pytest.param(
            "send_all", "class Jobs:\n    def send_all(self):\n        pass\n", "a.py:2-3 Jobs.send_all", id="function"
        ),
        pytest.param("a.Jobs.run", "class Jobs:\n    def run(self):\n        pass\n", "a.py:2-3 Jobs.run", id="dotted"),
    ],
)  # fmt: skip
def test_finds(operation: str, text: str, place: str) -> None:
    """The function around the place that names the operation."""
    assert shown(by_operation(operation, searched({"a.py": text}))) == [place]


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        pytest.param("draft reply", SPAN.replace("draft reply", "draft replies"), id="another name"),
        pytest.param("anything", 'with span(f"{a}{b}"):\n    pass\n', id="a pattern without letters of its own"),
        pytest.param("step 7", 'with span(f"step {n} of plan"):\n    pass\n', id="half of a pattern"),
        pytest.param("GET /a/{id}", '@app.post("/a/{id}")\ndef f():\n    pass\n', id="another method"),
        pytest.param("GET /a/b", '@app.get("/{x}/{y}")\ndef f():\n    pass\n', id="a route of parameters alone"),
        pytest.param("GET /a/b/c", '@app.get("/c")\ndef f():\n    pass\n', id="one shared segment"),
        pytest.param("openai.chat", "def chat():\n    pass\n", id="a function of another module"),
        pytest.param("draft reply", "def (draft reply", id="broken syntax"),
        pytest.param("", SPAN, id="no name"),
    ],
)
def test_finds_nothing_where(operation: str, text: str) -> None:
    """The name is not written here, or says too little."""
    assert by_operation(operation, searched({"a.py": text})) == ()


def test_two_functions_are_not_chosen_between() -> None:
    """The same name in two modules."""
    found = by_operation("draft reply", searched({"a.py": SPAN, "b.py": SPAN}))
    assert shown(found) == ["?", "a.py:run", "b.py:run"]


def test_a_short_word_alone_is_not_sure() -> None:
    """A library names its spans so as well."""
    (found,) = by_operation("run", searched({"a.py": "def run():\n    pass\n"}))
    (longer,) = by_operation("run_nightly", searched({"a.py": "def run_nightly():\n    pass\n"}))
    assert found.sure < 0.6 < longer.sure  # type: ignore[union-attr]


@given(st.text() | st.from_regex(r"(GET )?(/[\w{}<>:.*+()\\-]{0,5}){1,40}"))
def test_any_name_is_looked_for_without_failing(operation: str) -> None:
    """Names out of telemetry are compared, never compiled or run."""
    files = {"a.py": SPAN + '@app.get("/a/{b}")\ndef show(b):\n    with span(f"{b} of /{b}"):\n        pass\n'}
    assert isinstance(by_operation(str(Name(operation)), searched(files)), tuple | Several)


def test_a_library_that_says_everything_twice_is_not_chosen_from() -> None:
    """The real client of a model's provider has `create` for callers that wait and for those that do not."""
    folder = Path(openai.resources.chat.completions.completions.__file__ or "").parent
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    assert shown(by_operation("create", searched(files))) == [
        "?",
        "completions.py:Completions.create",
        "completions.py:AsyncCompletions.create",
    ]
    (found,) = by_operation("AsyncCompletions.create", searched(files))
    assert found.symbol == "AsyncCompletions.create"  # type: ignore[union-attr]
