import json
import sys

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from concierge.concierge import Concierge

CABINS = ("101", "104", "110", "202", "205", "207", "301", "302", "303", "309", "401", "402")
WISHES = [
    (cabin, f"Cabin {cabin}: please bring towels." if number % 2 else f"Cabin {cabin}: please wake me at 06:{number:02}.")
    for number, cabin in enumerate(CABINS)
]


def main() -> None:
    filetrace.start("hotel-concierge")
    openai_calls.instrument(code=True)
    concierge = Concierge(OpenAI())
    answers = [(cabin, concierge.serve(wish)) for cabin, wish in WISHES]
    if "--score" in sys.argv:
        good = sum(f"cabin {cabin}" in answer for cabin, answer in answers)
        print(json.dumps({"score": good / len(answers), "cases": len(answers)}))
    else:
        print("\n".join(answer for _, answer in answers))


if __name__ == "__main__":
    main()
