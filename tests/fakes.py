"""What tests put in place of time."""

from datetime import datetime, timedelta, timezone


class FakeClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)
