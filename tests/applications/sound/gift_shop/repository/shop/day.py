import json
import os
import sys
import threading

import filetrace
import requests
from filetrace import http_calls

from shop.counter import sell
from shop.local_till import till

if __name__ == "__main__":
    filetrace.start("gift-shop")
    http_calls.instrument_requests(code=True)
    server = till()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    os.environ.setdefault("TILL", f"http://127.0.0.1:{server.server_address[1]}")
    sold = 0
    for customer in range(16):
        try:
            sold += "receipt" in sell(f"card {customer}", 500 + customer)
        except requests.HTTPError as error:
            print(f"customer {customer} is asked to come back: {error}", file=sys.stderr)
    print(json.dumps({"score": sold / 16, "cases": 16}))
