"""Makes the board of one city."""

from dataclasses import dataclass
from typing import Any

import httpx2
from opentelemetry import trace

from city_board import feeds
from city_board.headline import headline

tracer = trace.get_tracer("city_board")


@dataclass(frozen=True)
class Board:
    city: str
    weather: dict[str, Any]
    air: dict[str, Any]
    events: dict[str, Any]
    headline: str


async def board(client: httpx2.AsyncClient, model: httpx2.AsyncClient, city: str) -> Board:
    """Everything that is shown on the board of a city this morning."""
    attributes = {
        "openinference.span.kind": "CHAIN",
        "input.value": city,
        "code.function.name": "city_board.board.board",
        "code.file.path": __file__,
    }
    with tracer.start_as_current_span("board", attributes=attributes):
        sky = await feeds.weather(client, city)
        breath = await feeds.air(client, city)
        calendar = await feeds.events(client, city)
        text = await headline(model, city, sky, calendar)
        return Board(city=city, weather=sky, air=breath, events=calendar, headline=text)
