"""What is done for guests."""


def send_housekeeping(cabin: str, what: str) -> str:
    return f"{what} are on the way to cabin {cabin}"


def wake_up_call(cabin: str, time: str) -> str:
    return f"cabin {cabin} is woken at {time}"


def rent_boat(cabin: str, half_hours: int, broad: bool = False) -> str:
    return f"a {'broad ' if broad else ''}boat for cabin {cabin}, {half_hours * 30} minutes"


def order_flowers(cabin: str, flowers: str, card: str = "") -> str:
    return f"{flowers} for cabin {cabin}" + (f' with "{card}"' if card else "")
