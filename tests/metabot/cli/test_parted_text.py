"""What stands where two prompts part is read from the store, and quoted."""

from __future__ import annotations

import json
from pathlib import Path

from analyzers.finding import Exemplar
from metabot.cli.parted_text import parted_lines
from metabot.config import Settings, parse
from metabot.picture.picture import Parting, Side
from metabot.store.load import Loading, load_each
from metabot.store.store import opened
from tests.builders import BEGIN_NS


def settings(folder: Path) -> Settings:
    return parse({}, name="config.toml", root=folder)


def loaded(folder: Path, *prompts: str, capture: str = "redacted") -> None:
    spans = [
        {
            "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat", "startTimeUnixNano": f"{BEGIN_NS}",
            "endTimeUnixNano": f"{BEGIN_NS + number}", "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {"key": "gen_ai.input.messages", "value": {"stringValue": json.dumps(
                    [{"role": "system", "parts": [{"type": "text", "content": prompt}]}])}},
            ],
        }
        for number, prompt in enumerate(prompts, 1)
    ]  # fmt: skip
    file = folder / "calls.json"
    file.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    with opened(settings(folder).store.path, purpose="a test", waiting=print) as store:
        list(load_each(store, file, Loading(capture=capture)))


def told(folder: Path) -> str:
    one, other = (
        Side(call=Exemplar(trace_id=f"{n:032x}", span_id=f"{n:016x}"), size=1, piece_hash=None, piece_size=None)
        for n in (1, 2)
    )
    parting = Parting(unit="characters", shared=1, shared_pieces=1, shared_later=None, sides=(one, other))
    return " ".join(" ".join(parted_lines(settings(folder), parting)).split())


def test_the_line_is_quoted_in_which_they_part(tmp_path: Path) -> None:
    """From its beginning on, so that it can be read; nothing of it renders or mentions."""
    loaded(tmp_path, "You help.\nIt is 12:03, @bob.\nBe kind.", "You help.\nIt is 12:04, <b>.\nBe kind.")
    assert told(tmp_path) == (
        "span 0000000000000001 there: “It is 12:03, (at)bob. Be kind.” "
        "span 0000000000000002 there: “It is 12:04, ‹b›. Be kind.”"
    )


def test_one_that_ends_where_the_other_goes_on(tmp_path: Path) -> None:
    """The shorter one's last line is quoted whole."""
    loaded(tmp_path, "You help.\nBe", "You help.\nBe kind.")
    assert told(tmp_path).endswith("there: “Be kind.”")


def test_text_that_was_not_captured_is_not_there(tmp_path: Path) -> None:
    """Neither with hashes alone, nor without a store; nothing is made by looking."""
    assert "does not hold both prompts" in told(tmp_path)
    assert not settings(tmp_path).store.path.exists()
    loaded(tmp_path, "You help. 1", "You help. 2", capture="hashes")
    assert "does not hold both prompts" in told(tmp_path)
