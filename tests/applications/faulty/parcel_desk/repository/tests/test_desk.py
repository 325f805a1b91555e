import threading

import pytest
import requests

from parcel_desk import desk, fake_carrier, web


@pytest.fixture
def address(monkeypatch):
    carrier, server = fake_carrier.carrier(), web.server()
    for one in (carrier, server):
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("CARRIER_URL", f"http://127.0.0.1:{carrier.server_address[1]}")
    monkeypatch.setattr(desk, "sentence", lambda where, duty: f"It is in {where['hub']}.")
    yield f"http://127.0.0.1:{server.server_address[1]}"
    for one in (carrier, server):
        one.shutdown()
        one.server_close()


def test_a_parcel_has_a_page(address):
    page = requests.get(f"{address}/parcels/A17", timeout=5).json()
    assert page == {"number": "A17", "duty": 9, "text": "It is in Pilsen."}


def test_other_pages_do_not_exist(address):
    assert requests.get(f"{address}/letters/1", timeout=5).status_code == 404
