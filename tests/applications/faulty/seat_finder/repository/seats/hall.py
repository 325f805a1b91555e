"""Which seats are free."""

FREE = {
    ("faust", "stalls"): ["S12", "S13"],
    ("faust", "balcony"): ["B4"],
    ("medea", "stalls"): ["S1"],
    ("medea", "balcony"): ["B20", "B21", "B22"],
}


def free_seats(event: str, area: str) -> list[str]:
    return FREE.get((event.lower(), area), [])
