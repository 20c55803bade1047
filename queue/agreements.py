"""What is agreed with a customer in a talk and holds from that moment on: a call back, before the talk has its result."""

from datetime import datetime

from .book import Draft
from .contact_events import CallAgreed
from .floor import Floor, NotAllowedNow


class Agreements:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def agree_call(self, contact_id: str, callback_at: datetime | None) -> None:
        """The customer is to be called then; None: not any more. It is kept when the talk ends without a result, and given up when it is
        closed with another one. Raises NotAllowedNow."""

        def act(draft: Draft) -> None:
            if draft.open_contact(contact_id) is None:
                raise NotAllowedNow("this contact has ended")
            draft.tell_contact(contact_id, CallAgreed(draft.now, callback_at))

        await self._floor.ask(act)
