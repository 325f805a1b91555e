"""A news service on this machine. Every third topic meets it while it restarts."""

from __future__ import annotations

import httpx2

TOPICS = (
    "shipping", "grain", "copper", "cotton", "rail", "timber", "sugar", "steel", "tin", "wool", "cocoa", "rubber",
)  # fmt: skip


class LocalNews(httpx2.AsyncBaseTransport):
    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        topic = request.url.params["topic"]
        self.asked[topic] = self.asked.get(topic, 0) + 1
        restarting = TOPICS.index(topic) % 3 == 1 and self.asked[topic] == 1
        if restarting:
            return httpx2.Response(503, headers={"Retry-After": "0"}, text="restarting", request=request)
        lines = [f"{topic} prices rise", f"more {topic} from abroad"]
        return httpx2.Response(200, json={"headlines": lines}, request=request)
