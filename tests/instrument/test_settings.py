"""What is a setting's value, from the environment and from `configure` alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from metabot_instrument import configure, failures
from metabot_instrument.boundary import _counts
from metabot_instrument.current import settings
from metabot_instrument.settings import VARIABLES, Settings, from_environment, from_keywords

_NAMES = {variable.field: variable.names for variable in VARIABLES}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The settings are as before afterwards."""
    before = asdict(settings())
    yield
    configure(**before)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        pytest.param("events_types", "alert_*, eval", ("alert_*", "eval"), id="globs as a text"),
        pytest.param("events_types", ["eval"], ("eval",), id="globs as a list"),
        pytest.param("trace", "0", False, id="a flag as a text"),
        pytest.param("events_buffered", "no", False, id="a flag as a word"),
        pytest.param("trace", 1, True, id="a flag as a number"),
        pytest.param("events_buffer_size", "100", 100, id="a number as a text"),
        pytest.param("rotate_bytes", 2.0, 2, id="a whole float"),
        pytest.param("events_flush_seconds", 3600, 3600.0, id="an hour"),
        pytest.param("trace_level", "WARN", "warn", id="capitals"),
        pytest.param("trace_path", Path("t.jsonl"), "t.jsonl", id="a path"),
        pytest.param("endpoint", "", "", id="none"),
        pytest.param("protocol", "http/protobuf", "http", id="a protocol as OpenTelemetry says it"),
    ],
)
def test_takes_what_it_can_read(field: str, value: object, kept: object) -> None:
    """In the field's own type, without a word."""
    before = failures()
    configure(**{field: value})
    assert (getattr(settings(), field), type(getattr(settings(), field))) == (kept, type(kept))
    assert failures() == before


class Unsayable:
    def __repr__(self) -> str:
        raise OSError

    __str__ = __repr__


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        pytest.param("events_buffer_size", "many", "a whole number of at least 1", id="a word for a number"),
        pytest.param("events_buffer_size", 0, "a whole number of at least 1", id="too small"),
        pytest.param("events_buffer_size", 1.5, "a whole number of at least 1", id="half"),
        pytest.param("rotate_bytes", math.inf, "a whole number of at least 0", id="no end of bytes"),
        pytest.param("rotate_keep", True, "a whole number of at least 1", id="a flag for a number"),
        pytest.param("events_flush_seconds", math.inf, "between 0.001 and 3600", id="for ever"),
        pytest.param("events_flush_seconds", math.nan, "between 0.001 and 3600", id="no number"),
        pytest.param("events_flush_seconds", 10**400, "between 0.001 and 3600", id="too large for a float"),
        pytest.param("trace_sample_rate", 100, "between 0 and 1", id="percent"),
        pytest.param("trace", "maybe", "1 or 0", id="no flag"),
        pytest.param("trace", 7, "1 or 0", id="a number that is no flag"),
        pytest.param("trace", None, "a text", id="nothing for a flag"),
        pytest.param("capture", "everything", "one of text, hashes, none", id="no such word"),
        pytest.param("protocol", None, "a text", id="nothing for a word"),
        pytest.param("trace_path", b"t.jsonl", "a text", id="bytes"),
        pytest.param("events_types", ("eval", 1), "globs of event types", id="globs that are none"),
        pytest.param("service_name", Unsayable(), "a text", id="what cannot be shown"),
    ],
)
def test_keeps_what_it_had(field: str, value: object, says: str, caplog: pytest.LogCaptureFixture) -> None:
    """A value that will not do is counted and answered with what would; the others of the call hold."""
    _counts.pop("setting", None)  # the first of a kind is said
    before = getattr(settings(), field)
    configure(**{"events_path": "other.jsonl", field: value})
    assert (settings().events_path, getattr(settings(), field)) == ("other.jsonl", before)
    assert failures()["setting"] == 1
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"setting: {field}=")
    assert f"say {says}" in said.replace("say a number between", "say between")


@pytest.mark.parametrize(("field", "said"), [("events_flush_seconds", "inf"), ("events_buffer_size", "1e3")])
def test_the_environment_goes_by_the_same_rules(field: str, said: str) -> None:
    """Under each of a setting's names the default holds, and it is counted."""
    for name in _NAMES[field]:
        before = failures().get("setting", 0)
        assert from_environment({name: said}) == Settings()
        assert failures()["setting"] == before + 1


def test_every_setting_has_a_rule() -> None:
    """By which its default will do."""
    assert from_keywords(asdict(Settings())) == asdict(Settings())
