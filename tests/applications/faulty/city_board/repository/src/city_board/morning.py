"""The boards of all cities, one after the other: `python -m city_board.morning`."""

import asyncio
import os

import filetrace
import httpx2

from city_board.board import Board, board
from city_board.stand_in import feeds

CITIES = ("Oslo", "Riga", "Turin", "Porto", "Ghent", "Brno", "Split", "Cork")


async def boards(address: str) -> list[Board]:
    model_url = os.environ["MODEL_URL"].rstrip("/") + "/"
    async with httpx2.AsyncClient(base_url=address) as client, httpx2.AsyncClient(base_url=model_url) as model:
        return [await board(client, model, city) for city in CITIES]


def main() -> list[Board]:
    filetrace.start("city-board")
    with feeds() as address:
        return asyncio.run(boards(os.environ.get("FEEDS_URL", address)))


if __name__ == "__main__":
    for made in main():
        print(made.headline, made.air, made.events)
