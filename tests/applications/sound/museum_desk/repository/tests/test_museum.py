import asyncio

import httpx2

from museum.collection import describe
from museum.prompt import RULES, system_prompt


def test_the_rules_stand_first():
    assert system_prompt("Ada").startswith(RULES)
    assert "Ada" in system_prompt("Ada")


def test_a_restart_is_waited_for():
    answers = iter([httpx2.Response(503), httpx2.Response(200, text="wing 4")])

    async def work():
        transport = httpx2.MockTransport(lambda request: next(answers))
        async with httpx2.AsyncClient(transport=transport, base_url="http://w.test") as client:
            return await describe(client, "Mill")

    assert asyncio.run(work()) == "wing 4"
