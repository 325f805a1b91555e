"""What `metabot show` draws of a finding."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType

from analyzers.finding import Candidate
from metabot.cli.charts import durations_chart, parting_chart, tokens_chart
from metabot.cli.drawing import draw, label
from metabot.cli.waterfall import waterfall
from metabot.picture.picture import Picture


def draw_picture(console: Console, candidate: Candidate, picture: Picture | None, *, traces: int) -> None:
    """Everything of the picture that says something about this finding, an empty line before each."""
    drawn = [] if picture is None else list(_drawn(console, candidate, picture, traces))
    for one in drawn:
        draw(console, "")
        draw(console, one)
    if not drawn:
        draw(console, "")
        draw(console, label(console, "nothing is kept to be drawn: analyze the telemetry again"))


def _drawn(console: Console, candidate: Candidate, picture: Picture, traces: int) -> Iterator[RenderableType]:
    of_tokens = "token" in candidate.evidence.observed.unit
    told = sum(call.input_tokens is not None for call in picture.calls)
    yield from (waterfall(console, trace) for trace in picture.traces[:traces])
    if told > 1:
        yield tokens_chart(console, picture.calls, picture.calls_left_out)
    if picture.parting is not None and of_tokens:
        yield parting_chart(console, picture.parting)
    if picture.durations is not None:
        yield durations_chart(console, picture.durations)
