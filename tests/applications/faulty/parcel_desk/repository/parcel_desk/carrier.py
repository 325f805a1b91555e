"""What the carrier knows of a parcel."""

import os

import requests

from parcel_desk.tracing import tool

TIMEOUT = 4.0


def _get(path: str, number: str) -> dict:
    response = requests.get(f"{os.environ['CARRIER_URL']}/{path}", params={"number": number}, timeout=TIMEOUT)
    response.raise_for_status()
    return response.json()


@tool
def position(number: str) -> dict:
    return _get("position", number)


@tool
def customs(number: str) -> dict:
    return _get("customs", number)
