import asyncio

import filetrace
from filetrace import http_calls, openai_calls

from ticker.run import digests

filetrace.start("ticker-digest")
http_calls.instrument_httpx2(code=True)
openai_calls.instrument(convention="openinference", code=True)
for topic, text in asyncio.run(digests()).items():
    print(f"{topic}: {text or '(no news)'}")
