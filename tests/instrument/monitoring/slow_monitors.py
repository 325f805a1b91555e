"""Monitors that an application might write, and that do not behave."""

from __future__ import annotations

import threading


class Quiet:
    """Keeps what it takes."""

    name = "quiet"

    def __init__(self, greeting="none"):
        self.greeting = greeting
        self.reset()

    def take(self, seen):
        self.seen.append(seen)

    def found(self):
        return ()

    def figures(self):
        return {"seen": len(self.seen)}

    def reset(self):
        self.seen = []


class Raising(Quiet):
    name = "raising"

    def take(self, seen):
        raise RuntimeError("not today")

    found = figures = take


class Ending(Quiet):
    name = "ending"

    def take(self, seen):
        raise SystemExit(3)

    def figures(self):
        raise GeneratorExit


class Hanging(Quiet):
    """Until it is released."""

    name = "hanging"

    def __init__(self):
        super().__init__()
        self.released = threading.Event()

    def take(self, seen):
        self.released.wait(30)
        super().take(seen)
