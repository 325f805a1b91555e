"""Prompt caching, modelled as OpenAI documents it: https://platform.openai.com/docs/guides/prompt-caching

A prompt is kept by its prefixes of `min_tokens`, and every `step_tokens` more; a later prompt of the same model finds
the longest of its own prefixes that is kept. A prefix that nobody used for `idle_seconds` is forgotten. The idle time
runs on the wall clock whatever the speed of the replay, so that a slow machine does not change the counts.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence

from metabot.replay.script import Cache


class PromptCache:
    """Safe to use from many threads."""

    def __init__(self, settings: Cache, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._last_used: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def cached_tokens(self, model: str, prompt: Sequence[str]) -> int:
        """How many leading tokens of the prompt are kept. Using a prefix keeps it longer."""
        now = self._clock()
        found = 0
        with self._lock:
            for length, prefix in self._prefixes(model, prompt):
                used = self._last_used.get(prefix)
                if used is None or now - used > self._settings.idle_seconds:
                    break
                self._last_used[prefix] = now
                found = length
        return found

    def keep(self, model: str, prompt: Sequence[str]) -> None:
        """Keeps the prompt's prefixes, as a provider does once it has read them."""
        now = self._clock()
        with self._lock:
            for idle in [key for key, used in self._last_used.items() if now - used > self._settings.idle_seconds]:
                del self._last_used[idle]
            self._last_used |= {prefix: now for _, prefix in self._prefixes(model, prompt)}

    def _prefixes(self, model: str, prompt: Sequence[str]) -> list[tuple[int, bytes]]:
        prefixes = []
        digest = hashlib.blake2b(_bytes(model), digest_size=16)
        start, length = 0, self._settings.min_tokens
        while length <= len(prompt):
            digest.update(_bytes("\0".join([*prompt[start:length], ""])))
            prefixes.append((length, digest.digest()))
            start, length = length, length + self._settings.step_tokens
        return prefixes


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON may hold half a surrogate pair
