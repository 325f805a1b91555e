import json
import sys

import filetrace
from filetrace import openai_calls
from openai import OpenAI

from recap.recap import recap

NOTES = [f"Meeting: {name}\nNotes of {name}." for name in (
    "Standup (short)", "Budget (long)", "Retro (short)", "Office (long)", "Hiring (long)", "Lunch (short)",
    "Audit (long)", "Sales (short)", "Roadmap (long)", "Demo (short)",
)]  # fmt: skip


def main():
    filetrace.start("meeting-recap", variable="RECAP_TRACES")
    openai_calls.instrument(code=True)
    client, titles = OpenAI(), []
    for notes in NOTES:
        try:
            titles.append(recap(client, notes)["title"])
        except json.JSONDecodeError as error:
            print(f"no recap: {error}", file=sys.stderr)
    if "--check" in sys.argv:
        print(json.dumps({"score": len(titles) / len(NOTES), "cases": len(NOTES)}))
    else:
        print(titles)


if __name__ == "__main__":
    main()
