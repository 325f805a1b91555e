import json
import sys

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from concierge.concierge import Concierge

ROOMS = ("101", "104", "110", "202", "205", "207", "301", "302", "303", "309", "401", "402")
WISHES = [
    (room, f"Room {room}: please bring towels." if number % 2 else f"Room {room}: please wake me at 06:{number:02}.")
    for number, room in enumerate(ROOMS)
]


def main() -> None:
    filetrace.start("hotel-concierge")
    openai_calls.instrument(code=True)
    concierge = Concierge(OpenAI())
    answers = [(room, concierge.serve(wish)) for room, wish in WISHES]
    if "--score" in sys.argv:
        good = sum(f"room {room}" in answer for room, answer in answers)
        print(json.dumps({"score": good / len(answers), "cases": len(answers)}))
    else:
        print("\n".join(answer for _, answer in answers))


if __name__ == "__main__":
    main()
