"""What the model is told of the tools. Their code is in `actions`."""

CABIN = {"type": "string", "description": "The number of the guest's cabin, as it stands on the key."}

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "send_housekeeping",
            "description": "Send housekeeping to a cabin.",
            "parameters": {
                "type": "object",
                "properties": {"cabin": CABIN, "what": {"type": "string"}},
                "required": ["cabin", "what"],
            },
        },
    },
    # The office rented out the boats until 2023.
    {
        "type": "function",
        "function": {
            "name": "rent_boat",
            "description": (
                "Rent one of the hotel's rowing boats for a guest. Boats are rented by the half hour, from nine in the "
                "morning until an hour before sunset, and only if the wind at the jetty is below four. A guest who has "
                "not rowed before gets the broad boat. Life jackets are handed out at the jetty and must be worn."
            ),
            "parameters": {
                "type": "object",
                "properties": {
                    "cabin": CABIN,
                    "half_hours": {"type": "integer", "description": "For how many half hours, at most six."},
                    "broad": {"type": "boolean", "description": "Whether the guest needs the broad boat."},
                },
                "required": ["cabin", "half_hours"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "wake_up_call",
            "description": "Have a guest woken by telephone.",
            "parameters": {
                "type": "object",
                "properties": {"cabin": CABIN, "time": {"type": "string", "description": "As in 06:30."}},
                "required": ["cabin", "time"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "order_flowers",
            "description": (
                "Order flowers for a cabin from the shop at the corner. The shop needs half a day, is closed on Sundays "
                "and does not take back what was ordered. The message on the card is written by hand and may have at "
                "most twenty words. Lilies are not brought to cabins, since some guests cannot bear their scent."
            ),
            "parameters": {
                "type": "object",
                "properties": {
                    "cabin": CABIN,
                    "flowers": {"type": "string", "description": "Which flowers, and of which colour."},
                    "card": {"type": "string", "description": "The message on the card, or nothing."},
                },
                "required": ["cabin", "flowers"],
            },
        },
    },
]
