"""Text from telemetry in places where text is expected, as the type checker sees it."""

from analyzers.untrusted import Name, Untrusted


def prints(name: Name, text: Untrusted) -> list[str]:
    return [
        name,
        text.quoted(),
        text,  # error: list-item
        "said: " + text,  # error: operator
    ]
