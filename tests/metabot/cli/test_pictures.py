"""What `metabot show` draws, from what was kept with a finding."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from analyzers.finding import Candidate, Exemplar
from analyzers.untrusted import Name
from metabot.cli.drawing import Bar, draw, terminal
from metabot.cli.pictures import draw_picture
from metabot.picture.picture import (
    Bucket,
    Durations,
    Parting,
    Picture,
    PicturedCall,
    PicturedSpan,
    PicturedTrace,
    Side,
)
from tests.proposals import finding


def spanned(
    operation: str, depth: int, start: float | None, ms: float | None, *, blamed: bool = False, failed: bool = False
) -> PicturedSpan:
    names = {"service": Name("desk"), "operation": Name(operation), "kind": Name("tool")}
    return PicturedSpan(depth=depth, start_ms=start, ms=ms, blamed=blamed, failed=failed, **names)


def traced(*spans: PicturedSpan, left_out: int = 0) -> Picture:
    trace = PicturedTrace(trace_id=Name("f" * 32), spans=spans, left_out=left_out)
    return Picture(traces=(trace,), calls=(), calls_left_out=0, parting=None, durations=None)


def called(*tokens: tuple[int | None, int | None], left_out: int = 0) -> Picture:
    calls = tuple(
        PicturedCall(
            trace=1, place=place, model=Name("m"), input_tokens=given, cached_tokens=cached, output_tokens=1,
            blamed=place == 2,
        )
        for place, (given, cached) in enumerate(tokens, 1)
    )  # fmt: skip
    return Picture(traces=(), calls=calls, calls_left_out=left_out, parting=None, durations=None)


def drawn(picture: Picture | None, *, encoding: str = "utf-8", about: Candidate | None = None) -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    draw_picture(terminal(file), about or finding().candidate, picture, traces=3)
    file.seek(0)
    lines = file.read().split("\n")
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip() or "\x1b" in line] == []
    return lines


def bar(line: str) -> str:
    return line[46:]


def test_a_trace_is_a_tree_with_a_waterfall() -> None:
    """Each bar stands where its span stood in the trace; the named span and failed ones are marked without colour."""
    lines = drawn(
        traced(
            spanned("handle", 0, 0, 100),
            spanned("fetch", 1, 0, 50),
            spanned("read", 1, 50, 50, blamed=True, failed=True),
            left_out=7,
        )
    )
    assert lines[1] == f"trace {'f' * 32}, 100 ms"
    assert [line[:36].rstrip() for line in lines[2:5]] == ["handle", "├── fetch", "└── > ! read"]
    assert [bar(line) for line in lines[2:5]] == ["█" * 34, "█" * 17, " " * 17 + "█" * 17]
    assert lines[5] == "  7 shorter spans left out"


def test_a_span_that_took_no_time_is_seen() -> None:
    """An instant, or one whose end is unknown, has one column; one at the very end has the last."""
    lines = drawn(traced(spanned("a", 0, 0, 100), spanned("b", 1, 50, None), spanned("c", 1, 100, 0)))
    assert [bar(line) for line in lines[3:5]] == [" " * 17 + "█", " " * 33 + "█"]


def test_an_order_without_times_is_a_tree_alone() -> None:
    """No bar is made up."""
    lines = drawn(traced(spanned("a", 0, None, None), spanned("b", 1, None, None)))
    assert lines[1].endswith("no times: an order alone is known")
    assert lines[2:4] == ["a", "└── b"]


def test_deep_traces_leave_room_for_names() -> None:
    """Levels beyond the seventh are not set in further, and say how deep they are."""
    lines = drawn(traced(*(spanned(f"level{depth}", depth, 0, 100) for depth in range(20))))
    assert "(19) level19" in lines[21]
    assert len(lines[2:22]) == 20


def test_a_long_trace_shows_what_matters() -> None:
    """Thirty rows: what is named, what stands above it, then the longest; the rest is counted."""
    spans = [spanned("root", 0, 0, 1000), spanned("above", 1, 0, 1)]
    spans += [spanned("named", 2, 0, 0.5, blamed=True)] + [spanned(f"s{n}", 1, 0, 10 + n) for n in range(100)]
    text = "\n".join(drawn(traced(*spans)))
    for name in ("root", "above", "> named", "s99", "73 shorter spans left out"):
        assert name in text
    assert "s10 " not in text


def test_tokens_are_bars_with_the_cached_part_in_full() -> None:
    """A call that does not say has no bar, and no zero."""
    lines = drawn(called((100, 50), (200, 0), (None, None), left_out=3))
    assert (
        lines[1] == "input tokens by trace and call; the full part was cached; 3 calls between them left out"[:79] + "…"
    )
    assert lines[2].split() == ["1.1", "100", "█" * 10 + "░" * 10, "50", "cached"]
    assert lines[3].split() == [">", "1.2", "200", "░" * 40, "0", "cached"]
    assert lines[4].split() == ["1.3", "unknown"]


def parted(later: int | None = 19) -> Picture:
    sides = (
        Side(call=Exemplar(trace_id="t", span_id="a1"), size=100, piece_hash="0" * 16, piece_size=13),
        Side(call=Exemplar(trace_id="t", span_id="b1"), size=50, piece_hash=None, piece_size=None),
    )
    parting = Parting(unit="characters", shared=25, shared_pieces=2, shared_later=later, sides=sides)
    return Picture(traces=(), calls=(), calls_left_out=0, parting=parting, durations=None)


def test_two_prompts_are_shown_where_they_part() -> None:
    """Hashes and lengths alone; nothing is said of what is not known behind."""
    lines = drawn(parted())
    assert lines[1] == "two prompts part after 25 characters (2 pieces); 19 later alike"
    assert lines[2].split() == ["100", "characters", "█" * 10 + "░" * 30]
    assert lines[3] == f"  span a1: goes on with {'0' * 16}, 13 characters"
    assert lines[5] == "  span b1: ends there"
    assert drawn(parted(None))[1].endswith("(2 pieces)")


def test_prompts_are_shown_for_findings_about_tokens_only() -> None:
    """Where prompts part says nothing of an error."""
    candidate = finding().candidate
    observed = replace(candidate.evidence.observed, unit="share of traces ended")
    about = replace(candidate, evidence=replace(candidate.evidence, observed=observed))
    assert drawn(parted(), about=about)[1].startswith("nothing is kept")


def timed(*buckets: tuple[int, int]) -> Picture:
    told = tuple(Bucket(exponent=exponent, spans=spans) for exponent, spans in buckets)
    whose = {"service": Name("desk"), "operation": Name("fetch")}
    durations = Durations(**whose, buckets=told, unknown=2, blamed=(buckets[-1][0],))
    return Picture(traces=(), calls=(), calls_left_out=0, parting=None, durations=durations)


def test_durations_are_a_histogram() -> None:
    """A row for each bucket between the first and the last, empty ones too; the named spans' one is marked."""
    lines = drawn(timed((20, 8), (22, 2)))
    assert lines[1] == "how long 10 spans of desk/fetch took; of 2 more it is unknown"
    assert [line.split()[-1] for line in lines[2:5]] == ["█" * 40, "0", "█" * 10]
    assert lines[4].startswith("> 4.19 ms to 8.39 ms")


def test_a_wide_histogram_keeps_to_a_screen() -> None:
    """From a nanosecond to a year, at most fourteen rows, and no span is lost."""
    lines = drawn(timed((0, 1), (10, 1), (30, 5), (54, 1)))
    assert len(lines) - 3 <= 14
    assert sum(int(line.split()[-2]) for line in lines[2:-1] if "█" in line) == 8


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(traced(spanned("héllo", 0, 0, 100), spanned("b" * 90, 1, 50, 1)), id="a trace"),
        pytest.param(called((100, 50), (200, 0)), id="tokens"),
        pytest.param(parted(), id="prompts"),
        pytest.param(timed((20, 8), (22, 2)), id="durations"),
    ],
)
def test_everything_has_a_plain_form(picture: Picture) -> None:
    """A terminal that knows ASCII alone gets it, tree and bars included."""
    text = "\n".join(drawn(picture, encoding="ascii"))
    assert text.isascii()
    assert "#" in text


def test_nothing_to_draw_says_so() -> None:
    """A finding from before pictures were kept, or one whose spans are gone."""
    for picture in (None, called()):
        assert drawn(picture)[1] == "nothing is kept to be drawn: analyze the telemetry again"


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets it, unless NO_COLOR is set."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[31m" in _on_a_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in _on_a_terminal()


def _on_a_terminal() -> str:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal()
    draw(terminal(file), Bar(2, 0, 1, width=10, style="red"))
    return file.getvalue()


def test_nothing_of_no_size_is_drawn_as_the_least() -> None:
    """No division by zero."""
    file = io.StringIO()
    draw(terminal(file), Bar(0, 0, 0, width=10))
    assert file.getvalue() == "█\n"
