"""The office that holds dates and takes payments. What it did stands in its journal, in order."""

import json

import httpx2
from opentelemetry import trace

tracer = trace.get_tracer("hall")


class Office:
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self.journal: list[str] = []

    async def hold(self, date: str, guests: int) -> dict[str, str]:
        """Nobody else gets the date from here on."""
        return await self._post("hold", {"date": date, "guests": guests})

    async def charge(self, date: str, guests: int) -> dict[str, str]:
        """Takes the deposit. Only for a date that is held."""
        return await self._post("charge", {"date": date, "guests": guests})

    async def _post(self, action: str, body: dict[str, object]) -> dict[str, str]:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": action,
            "gen_ai.tool.call.arguments": json.dumps(body),
        }
        with tracer.start_as_current_span(action, attributes=attributes) as span:
            response = await self._client.post(f"/{action}", json=body, timeout=5)
            response.raise_for_status()
            self.journal.append(f"{action} {body['date']}")
            span.set_attribute("gen_ai.tool.call.result", response.text)
            return response.json()
