"""How often one may try a password: a pure rule over the instants of the failed tries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
PER_ACCOUNT = 5
PER_ADDRESS = 30  # a whole office may stand behind one address: five typing errors must not shut all of it out


def wait_s(tries: Sequence[datetime], limit: int, now: datetime) -> int:
    """Seconds until one more try is allowed, 0 when it is allowed now. `tries` in any order."""
    recent = sorted(at for at in tries if now - WINDOW < at)
    if len(recent) < limit:
        return 0
    free_at = recent[-limit] + WINDOW
    return max(1, int((free_at - now).total_seconds() + 0.999))
