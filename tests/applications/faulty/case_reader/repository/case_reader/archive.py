"""The archive of decided cases. A case is its title, what was decided, and the minutes in full."""

TITLES = {
    "11": "a fence on the wrong side",
    "12": "a boat that was not insured",
    "13": "noise before seven",
    "14": "a tree over the road",
    "15": "a deposit kept too long",
    "16": "a goat and a garden",
    "17": "two keys for one shed",
}
_LINE = "On day {day} the parties of case {number} were heard again, and nothing new was said by either of them.\n"


def case_text(number: str) -> str:
    head = f"Case {number}: {TITLES[number]}\nDecided: for the plaintiff.\n\nMinutes\n"
    return head + "".join(_LINE.format(day=day, number=number) for day in range(1, 321))


def citation(number: str) -> str:
    return f"TC {number}/{2000 + int(number)}"
