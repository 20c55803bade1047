"""What was being written when a contact ended becomes a note in the customer's history, so that it is not lost."""

from collections.abc import Awaitable, Callable

from .contact import Contact
from .drafts_store import DraftStore

AddNote = Callable[[str, str, str | None], Awaitable[None]]
"""A customer's id, a text, who wrote it (shop/store.py `add_note` fits)."""


class Drafts:
    def __init__(self, store: DraftStore, add_note: AddNote) -> None:
        self._store, self._add_note = store, add_note

    async def on_contact_ended(self, contact: Contact) -> None:
        """A Desk.follow_ups. The comment that went with the result is there already."""
        for text, by in (await self._store.take(contact.id)).values():
            said = text.strip()
            if said != contact.note and contact.customer_id is not None:
                await self._add_note(contact.customer_id, said, by)
