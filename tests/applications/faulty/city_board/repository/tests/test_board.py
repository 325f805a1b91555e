import asyncio

import httpx2

from city_board.board import board


def feed(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"sky": "sun", "of": request.url.path, "city": request.url.params["city"]})


def model(request: httpx2.Request) -> httpx2.Response:
    said = {"choices": [{"message": {"content": "Sun."}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    return httpx2.Response(200, json=said)


def test_a_board_has_all_feeds():
    async def make():
        feeds = httpx2.AsyncClient(transport=httpx2.MockTransport(feed), base_url="http://feeds.test")
        asked = httpx2.AsyncClient(transport=httpx2.MockTransport(model), base_url="http://model.test/v1/")
        return await board(feeds, asked, "Oslo")

    made = asyncio.run(make())
    assert [made.weather["of"], made.air["of"], made.events["of"]] == ["/weather", "/air", "/events"]
    assert made.headline == "Sun."
