"""Are the sums of the test invoices near those of the books?"""

import csv
import json

import filetrace
from bank import RATES, bank
from filetrace import http_calls
from sheet import work

filetrace.start("fx-sheet", variable="OTLP_FILE")
http_calls.instrument_urllib(code=True)
with open("invoices.csv", newline="", encoding="utf-8") as file:
    books = [float(row["amount"]) * RATES.get(row["currency"], 1.0) for row in csv.DictReader(file)]
with bank():
    lines, text = work("invoices.csv")
near = sum(abs(euros - right) <= 0.05 * right for (_, euros, _), right in zip(lines, books, strict=True))
print(text)
print(json.dumps({"score": near / len(books), "cases": len(books)}))
