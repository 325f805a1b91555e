import json

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from case_reader.archive import TITLES, citation
from case_reader.reader import ask


def main():
    filetrace.start("case-reader")
    openai_calls.instrument()
    client, right = OpenAI(), 0
    for number, title in TITLES.items():
        text = ask(client, f"What is case {number} about?")
        right += title in text and citation(number) in text
    print(json.dumps({"score": right / len(TITLES), "cases": len(TITLES)}))


main()
