import asyncio

import httpx2
import pytest

from ticker.news import headlines


def ask(handler):
    async def asked():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler), base_url="http://news.test") as client:
            return await headlines(client, "tin")

    return asyncio.run(asked())


def test_at_most_five_headlines():
    lines = ask(lambda request: httpx2.Response(200, json={"headlines": [str(n) for n in range(9)]}))
    assert lines == ["0", "1", "2", "3", "4"]


def test_an_unknown_topic_is_an_error():
    with pytest.raises(httpx2.HTTPStatusError):
        ask(lambda request: httpx2.Response(404))
