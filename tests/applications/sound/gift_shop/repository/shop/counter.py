import os

import requests
from opentelemetry import trace

from shop.till import pay

tracer = trace.get_tracer("shop")


def sell(card: str, cents: int) -> str:
    with tracer.start_as_current_span("sell"):
        receipt = pay(card, cents)
        body = {"model": "small", "messages": [{"role": "user", "content": f"Say thank you. Receipt {receipt}"}]}
        response = requests.post(f"{os.environ['CHAT']}/chat/completions", json=body, timeout=30)
        response.raise_for_status()
        return response.json()["choices"][0]["message"]["content"]
