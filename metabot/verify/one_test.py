"""`target.test` for one test's file alone, in the form that its runner takes. Pure.

Most runners take the path after everything else. `unittest discover` takes a folder and a pattern, Django's test
command a dotted name, tox and nox what stands after `--`, `go test` a package and `cargo test` a name.
"""

from __future__ import annotations

import argparse
from pathlib import PurePosixPath

from metabot.verify.commands import Words


def for_one(command: Words, path: str) -> Words:
    """The command that runs the file's tests, and no others where the runner can be told so."""
    names = [PurePosixPath(word).name for word in command]
    file = PurePosixPath(path)
    if "discover" in names and "unittest" in names:
        return _discovered(command, file)
    if "manage.py" in names and "test" in names:
        return (*command, ".".join(file.with_suffix("").parts))
    if {"tox", "nox"} & set(names) and "--" not in command:
        return (*command, "--", path)
    if "./..." in command and names[0] == "go":
        return tuple(f"./{file.parent}" if word == "./..." else word for word in command)
    if names[:2] == ["cargo", "test"] and file.parent.name == "tests":
        return (*command, "--test", file.stem)
    return (*command, path)


def _discovered(command: Words, file: PurePosixPath) -> Words:
    """Looks in the file's own folder for its name, and imports it from where the whole suite is imported."""
    place = command.index("discover")
    given, rest = _OPTIONS.parse_known_args(command[place + 1 :])
    positional = [word for word in rest if not word.startswith("-")]
    start = given.start or (positional[0] if positional else ".")
    top = PurePosixPath(given.top or (positional[2] if len(positional) > 2 else start))
    if not file.is_relative_to(top):
        top = file.parent
    flags = [word for word in rest if word.startswith("-")]
    return (*command[: place + 1], *flags, "-s", str(file.parent), "-p", file.name, "-t", str(top))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-s", "--start-directory", dest="start")
    parser.add_argument("-p", "--pattern")
    parser.add_argument("-k")  # which tests by name: the file alone is enough
    parser.add_argument("-t", "--top-level-directory", dest="top")
    return parser


_OPTIONS = _options()
