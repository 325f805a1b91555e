"""What is done for guests."""


def send_housekeeping(room: str, what: str) -> str:
    return f"{what} are on the way to room {room}"


def wake_up_call(room: str, time: str) -> str:
    return f"room {room} is woken at {time}"


def rent_boat(room: str, half_hours: int, broad: bool = False) -> str:
    return f"a {'broad ' if broad else ''}boat for room {room}, {half_hours * 30} minutes"


def order_flowers(room: str, flowers: str, card: str = "") -> str:
    return f"{flowers} for room {room}" + (f' with "{card}"' if card else "")
