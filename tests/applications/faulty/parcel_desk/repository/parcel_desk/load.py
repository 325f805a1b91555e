"""Asks the desk for some parcels: `python -m parcel_desk.load`."""

import os
import threading

import filetrace
import requests

from parcel_desk import fake_carrier, web

NUMBERS = ("A17", "B21", "C3", "D99", "E58", "F6", "G40", "H12")


def pages():
    filetrace.start("parcel-desk", variable="TRACES")
    servers = [fake_carrier.carrier(), web.server()]
    for one in servers:
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    os.environ.setdefault("CARRIER_URL", f"http://127.0.0.1:{servers[0].server_address[1]}")
    desk = f"http://127.0.0.1:{servers[1].server_address[1]}"
    return [requests.get(f"{desk}/parcels/{number}", timeout=20).json() for number in NUMBERS]


if __name__ == "__main__":
    for page in pages():
        print(page)
