"""Learns what the wording of a text adds to the rules against jailbreaks, and shows how well that carries over.

`python -m benchmarks.jailbreak_weights` prints precision and recall on each part of the development set by weights
that were learned from the other parts alone; `--write` learns from all of them and writes `weights.tsv`. The parts were
written by different authors or at different times, each before anything was tuned on it. What ordinary prose looks like
is learned from the documentation inside Python's standard library.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from metabot_instrument.validation.jailbreak.learned import BIAS, WEIGHTS, facts, features, named
from metabot_instrument.validation.jailbreak.letters import row
from metabot_instrument.validation.jailbreak.score import ruled

SET: Final = Path(__file__).parents[1] / "tests" / "instrument" / "validation" / "sets" / "jailbreak_dev.jsonl"
RARE: Final = 3  # a feature of fewer texts is none
PENALTY: Final = 2e-5  # on the squared weights, for each text
SMALL: Final = 4  # hundredths: a weight of the wording that is smaller is not written

ORDINARY: Final = "docstrings"
MODULES: Final = (
    "argparse ast asyncio.tasks calendar cmd codecs collections concurrent.futures configparser contextlib copy csv "
    "dataclasses datetime decimal difflib email.message enum ftplib functools getpass glob gzip heapq http.client "
    "inspect io ipaddress json logging logging.handlers mailbox operator os pathlib pickle platform pprint queue "
    "random re secrets selectors shelve shlex shutil smtplib socket sqlite3 ssl statistics string subprocess tarfile "
    "tempfile textwrap threading timeit traceback typing unittest.case urllib.request uuid warnings zipfile"
)

Array: TypeAlias = npt.NDArray[np.float64]


class Learned(NamedTuple):
    weights: Array
    bias: float


class Texts(NamedTuple):
    names: list[str]  # of the columns
    columns: Array
    attacks: Array
    parts: npt.NDArray[np.str_]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--write", action="store_true", help="write the weights of all parts")
    write = arguments.parse_args().write
    texts = _texts([*map(json.loads, SET.read_text("utf-8").splitlines()), *_ordinary()])
    products = texts.columns @ texts.columns.T
    if write:
        WEIGHTS.write_text(_written(texts, _learned(texts, products, np.arange(len(texts.attacks)))), "utf-8")
        return
    print(f"{'part':12}{'texts':>7}{'precision':>11}{'recall':>8}")
    for part in dict.fromkeys(texts.parts.tolist()):
        if part != ORDINARY:
            print(_carried_over(texts, products, part))


def _ordinary() -> Iterator[dict[str, Any]]:
    """The beginnings of what the standard library says of its functions and classes."""
    said = {
        inspect.getdoc(each) or ""
        for name in MODULES.split()
        for each in vars(importlib.import_module(name)).values()
        if callable(each)
    }
    for text in sorted(said):
        if len(text) > 60:
            yield {"text": text[:500], "attack": False, "set": ORDINARY}


def _texts(items: list[dict[str, Any]]) -> Texts:
    """Binary features, of length 3 in all, beside what is known of each text as a whole."""
    rows = [row(item["text"]) for item in items]
    worded = [named(features(read)) for read in rows]
    known = [dict(facts(read, *ruled(item["text"]))) for read, item in zip(rows, items, strict=True)]
    counted = Counter(name for each in (*worded, *known) for name in each)
    names = sorted(name for name, count in counted.items() if count >= RARE and "\t" not in name and "\n" not in name)
    at = {name: column for column, name in enumerate(names)}
    columns = np.zeros((len(items), len(names)))
    for line, (words, whole) in enumerate(zip(worded, known, strict=True)):
        present = [at[name] for name in words if name in at]
        columns[line, present] = 3 / np.sqrt(max(len(present), 1))
        for name, value in whole.items():
            if name in at:
                columns[line, at[name]] = value
    attacks = np.array([float(item["attack"]) for item in items])
    return Texts(names, columns, attacks, np.array([item["set"] for item in items]))


def _carried_over(texts: Texts, products: Array, part: str) -> str:
    new = texts.parts == part
    learned = _learned(texts, products, np.flatnonzero(~new))
    found = texts.columns[new] @ learned.weights + learned.bias > 0
    attacks = texts.attacks[new] > 0
    right = (found & attacks).sum()
    return f"{part:12}{new.sum():7}{right / max(found.sum(), 1):11.3f}{right / max(attacks.sum(), 1):8.3f}"


def _learned(texts: Texts, products: Array, chosen: npt.NDArray[np.intp]) -> Learned:
    """Logistic regression with a penalty, by Newton's method in the space of the chosen texts."""
    near, attacks = products[np.ix_(chosen, chosen)], texts.attacks[chosen]
    shares, bias = np.zeros(len(chosen)), 0.0
    for _ in range(15):
        odds = near @ shares + bias
        likely = 1 / (1 + np.exp(-odds))
        certain = np.maximum(likely * (1 - likely), 1e-4)
        target = odds + (attacks - likely) / certain
        both = np.stack([target, np.ones(len(chosen))], axis=1)
        solved = np.linalg.solve(near + np.diag(len(chosen) * PENALTY / certain), both)
        bias = float(solved[:, 0].sum() / solved[:, 1].sum())
        shares = solved[:, 0] - bias * solved[:, 1]
    return Learned(shares @ texts.columns[chosen], bias)


def _written(texts: Texts, learned: Learned) -> str:
    rounded = zip(texts.names, (round(100 * weight) for weight in learned.weights), strict=True)
    lines = [f"{name}\t{weight}" for name, weight in rounded if name[0] == "=" or abs(weight) >= SMALL]
    return "\n".join([f"{BIAS}\t{round(100 * learned.bias)}", *lines, ""])


if __name__ == "__main__":
    main()
