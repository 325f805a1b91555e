import argparse
import json

import filetrace
from filetrace import openai_calls

from sorter.report import totals

MONTHS = {
    "August": [("City Rail", 4.2), ("Corner Bakery", 6.1), ("City Rail", 4.2), ("Paper & Pen", 12.0)] * 4,
    "September": [("City Rail", 4.2), ("Canteen 21", 8.3), ("Night Taxi", 31.5), ("Canteen 21", 7.9)] * 4,
    "October": [("Hotel Post", 120.0), ("City Rail", 4.2), ("Corner Bakery", 5.5), ("City Rail", 4.2)] * 4,
}
BOOKS = {"August": ("travel", 33.6), "September": ("food", 64.8), "October": ("travel", 513.6)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--score", action="store_true")
    options = parser.parse_args()
    filetrace.start("expense-sorter")
    openai_calls.instrument(convention="openinference", code=True)
    found = {month: totals(lines) for month, lines in MONTHS.items()}
    right = sum(found[month].get(name) == total for month, (name, total) in BOOKS.items())
    print(json.dumps({"score": right / len(BOOKS), "cases": len(BOOKS)} if options.score else found))


if __name__ == "__main__":
    main()
