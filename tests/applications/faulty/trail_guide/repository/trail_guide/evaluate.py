"""Share of the answers that address the visitor: `python -m trail_guide.evaluate`."""

import json

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from trail_guide.answering import answer
from trail_guide.questions import QUESTIONS


def main() -> None:
    filetrace.start("trail-guide")
    openai_calls.instrument(code=True)
    client = OpenAI()
    right = sum(visitor in answer(client, visitor, question) for visitor, question in QUESTIONS)
    print(json.dumps({"score": right / len(QUESTIONS), "cases": len(QUESTIONS)}))


if __name__ == "__main__":
    main()
