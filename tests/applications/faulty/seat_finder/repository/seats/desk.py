import sys

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from seats.agent import BoxOffice
from seats.requests import REQUESTS


def answers():
    filetrace.start("seat-finder")
    openai_calls.instrument()
    office = BoxOffice(OpenAI())
    for request in REQUESTS:
        try:
            yield office.answer(request)
        except Exception as error:
            print(f"{request}: {error!r}", file=sys.stderr)
            yield "Please call us."


if __name__ == "__main__":
    for text in answers():
        print(text)
