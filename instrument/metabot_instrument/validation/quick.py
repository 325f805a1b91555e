"""A validator that only computes: called at once, in the caller's thread."""

from __future__ import annotations

from collections.abc import Callable

from metabot_instrument.boundary import outlived
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.answer import raised


class AtOnce:
    def __init__(self, validate: Callable[[Action], object]) -> None:
        self._validate = validate

    def call(self, action: Action, seconds: float) -> object:  # noqa: ARG002  # it takes none
        given, error = outlived(self._validate, action)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error
        return given if error is None else raised(error)

    async def call_async(self, action: Action, seconds: float) -> object:
        return self.call(action, seconds)
