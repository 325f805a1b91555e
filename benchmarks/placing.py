"""How often a place is right, and how long it takes: `python -m benchmarks.placing --each 40`.

The sources of installed packages become a git repository. Of each kind of evidence, samples are drawn from it as
telemetry would name them, and placed; the answer is known. Others are drawn from packages that are not in it, where
every place is wrong. What is printed: the stated sureness, how many samples were placed, how many of those rightly,
what became of the others, and the processor's time for one.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import itertools
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from analyzers.finding import CodeAnchor, PromptAnchor
from analyzers.untrusted import Untrusted
from metabot.git import Repository
from metabot.place.code_attributes import by_code
from metabot.place.functions import Function, functions
from metabot.place.operations import by_operation
from metabot.place.placement import Location
from metabot.place.placing import MIN_SURE
from metabot.place.prompt_text import by_prompt
from metabot.place.several import Several
from metabot.place.sources import Source, Sources, sources
from metabot.place.syntax import constant, spots
from metabot.telemetry.pieces import cut

PACKAGES: Final = "openai,opentelemetry,httpx2,requests,pydantic,rich"
FOREIGN: Final = "jinja2,typer,anyio,urllib3"
_PROMPT_LINES: Final = 6  # of a text that is long enough to be a prompt
_CHANGING: Final = 0.2  # of its lines that differ from call to call

Found = tuple[Location, ...] | Several


@dataclass(frozen=True, slots=True)
class Sample:
    path: str
    line: int  # one that the right place holds
    search: Callable[[], Found]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--packages", default=PACKAGES)
    arguments.add_argument("--each", type=int, default=40, help="samples of each kind")
    arguments.add_argument("--foreign", default=FOREIGN, help="packages that are not in the repository")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as elsewhere:
        target, other = (
            Searched.made(Path(folder), packages.split(","))
            for folder, packages in ((here, chosen.packages), (elsewhere, chosen.foreign))
        )
        for title, origin in (("from this repository", target), ("from another one", other)):
            print(title)
            for kind, samples in kinds(target, origin).items():
                print("  " + outcome(kind, list(itertools.islice(samples, chosen.each)), known=origin is target))


@dataclass(frozen=True, slots=True)
class Searched:
    repository: Repository
    revision: str
    read: Sources

    @classmethod
    def made(cls, at: Path, packages: list[str]) -> Searched:
        repository = made(at, packages)
        revision = repository.resolve("main")
        assert revision is not None
        began = time.process_time()
        read = sources(repository, revision)
        seconds = time.process_time() - began
        chars = sum(len(one.text) for one in read.files) / 1e6
        print(f"{', '.join(packages)}: {len(read.files):,} files, {chars:.1f} million characters, {seconds:.1f} s")
        return cls(repository, revision, read)


def made(at: Path, packages: list[str]) -> Repository:
    for package in packages:
        found = importlib.util.find_spec(package)
        for place in (found.submodule_search_locations or ()) if found is not None else ():
            shutil.copytree(
                place, at / package, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.so", "__pycache__")
            )
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q", "-b", "main"), ("add", "--all"), (*who, "commit", "-q", "-m", "all")):
        subprocess.run(["git", "-C", str(at), *command], check=True)
    return Repository(at)


def kinds(target: Searched, origin: Searched) -> dict[str, Iterator[Sample]]:
    """Evidence out of `origin`, looked for in `target`."""
    code = partial(_of_code, target, origin)
    return {
        "code: path, name, line": code(_whole_path, lambda one: one.symbol),
        "code: path, name, line 40 off": code(_whole_path, lambda one: one.symbol, off=40),
        "code: path and line": code(_whole_path, lambda _: None),
        "code: file name, bare name, line": code(lambda path: path.rpartition("/")[2], lambda one: one.parts[-1]),
        "prompt text": _of_prompts(target, origin),
        "operation: a function's name": (
            Sample(path, one.last_line, partial(by_operation, one.parts[-1], target.read))
            for path, one in _functions(origin)
        ),
    }


def _whole_path(path: str) -> str:
    return f"/srv/app/{path}"


def _of_code(
    target: Searched,
    origin: Searched,
    file: Callable[[str], str],
    name: Callable[[Function], str | None],
    *,
    off: int = 0,
) -> Iterator[Sample]:
    for path, one in _functions(origin):
        called = name(one)
        anchor = CodeAnchor(
            file=Untrusted(file(path)),
            function=Untrusted(called) if called is not None else None,
            line=one.last_line + off,
        )
        yield Sample(path, one.last_line, partial(by_code, (anchor,), target.repository, target.revision))


def _of_prompts(target: Searched, origin: Searched) -> Iterator[Sample]:
    """One long text of each file, some of its lines changing."""
    rng = random.Random(1)
    for source in _shuffled(origin):
        long = (spot.node for spot in spots(source.text) if (constant(spot.node) or "").count("\n") >= _PROMPT_LINES)
        node = next(long, None)
        if not isinstance(node, ast.Constant):
            continue
        static = [piece for piece in cut(str(node.value)) if rng.random() > _CHANGING]
        prompt = PromptAnchor(
            static=tuple(piece.hash for piece in static),
            leading_dynamic=1,
            static_chars=sum(piece.chars for piece in static),
        )
        yield Sample(source.path, node.lineno, partial(by_prompt, prompt, target.read))


def _functions(origin: Searched) -> Iterator[tuple[str, Function]]:
    rng = random.Random(2)
    for source in _shuffled(origin):
        there = functions(source.text)
        if there:
            yield source.path, rng.choice(there)


def _shuffled(origin: Searched) -> list[Source]:
    own = [one for one in origin.read.files if one.origin == "own" and one.path.endswith(".py")]
    random.Random(3).shuffle(own)
    return own


def outcome(kind: str, samples: list[Sample], *, known: bool) -> str:
    began = time.process_time()
    ends = Counter[str]()
    stated: list[float] = []
    for sample in samples:
        found = sample.search()
        if isinstance(found, Several):
            ends["ambiguous"] += 1
        elif not found or found[0].sure < MIN_SURE:
            ends["not sure enough" if found else "not found"] += 1
        else:
            right = known and found[0].path == sample.path and found[0].first_line <= sample.line <= found[0].last_line
            ends["right" if right else "wrong"] += 1
            stated.append(found[0].sure)
    placed = ends["right"] + ends["wrong"]
    sure = f"stated {sum(stated) / placed:.2f}" if placed else ""
    others = ", ".join(f"{ends[end]} {end}" for end in ("ambiguous", "not sure enough", "not found") if ends[end])
    seconds = (time.process_time() - began) / max(1, len(samples))
    rightly = f"{ends['right']:3} of {placed:3} placed rightly"
    return f"{kind:34} {len(samples):3} samples, {rightly:24} {sure:12} {seconds:5.2f} s each  {others}"


if __name__ == "__main__":
    main()
