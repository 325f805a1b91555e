"""The sums of a month by category."""

from opentelemetry import trace

from sorter.category import category

tracer = trace.get_tracer("sorter")


def totals(lines: list[tuple[str, float]]) -> dict[str, float]:
    """Each line is a merchant and an amount."""
    with tracer.start_as_current_span("totals", attributes={"openinference.span.kind": "CHAIN"}):
        sums: dict[str, float] = {}
        for merchant, amount in lines:
            name = category(merchant)
            sums[name] = round(sums.get(name, 0.0) + amount, 2)
        return sums
