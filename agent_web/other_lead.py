"""What is told of another lead of the same customer. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OtherLead:
    """`due_at`: when his call was promised, or may be made again; `total` in kopecks; `state` is a msgid."""

    id: str
    campaign_id: str
    campaign: str
    order_id: str | None
    order_number: str
    total: int
    state: str
    is_open: bool
    promised: bool
    due_at: datetime | None
