"""Takes money. The till has no memory of what was asked before: each request that it accepts is a payment."""

import os

import requests


def pay(card: str, cents: int) -> str:
    """The number of the receipt."""
    response = requests.post(f"{os.environ['TILL']}/payments", json={"card": card, "cents": cents}, timeout=5)
    response.raise_for_status()
    return response.json()["receipt"]
