"""Say how many tests were skipped and why; fail where the recordings are present and a test of them was skipped."""

import os
import sys
from collections import Counter
from xml.etree import ElementTree


def main(report: str) -> int:
    skipped = [
        (f"{case.get('classname')}::{case.get('name')}", skip.get("message") or "no reason given")
        for case in ElementTree.parse(report).iter("testcase")
        for skip in case.iter("skipped")
    ]
    print(f"skipped: {len(skipped)}")
    for reason, count in Counter(reason for _, reason in skipped).most_common():
        print(f"  {count}  {reason}")
    missing = [name for name, reason in skipped if "METABOT_REAL_DATA" in reason]
    if os.environ.get("METABOT_REAL_DATA") and missing:
        print("the recordings are here, yet these tests of them were skipped:", *missing, sep="\n  ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
