import asyncio
import json

import filetrace
from filetrace import http_calls, openai_calls

from ticker.run import digests

filetrace.start("ticker-digest")
http_calls.instrument_httpx2(code=True)
openai_calls.instrument(convention="openinference", code=True)
made = asyncio.run(digests())
print(json.dumps({"score": sum(topic in text for topic, text in made.items()) / len(made), "cases": len(made)}))
