"""Thirds: the desk's side of consultations, conferences and calls passed on outside."""

from collections.abc import Callable, Sequence

from ..storage.ids import Ids
from . import third_moves
from .book import Draft
from .channel import ChannelKind
from .commands import Command
from .contact import Contact, ContactState
from .floor import Floor, NotAllowedNow
from .third import Third


class Thirds:
    """People ask (`call`, `hold`, `drop`, `complete`; each raises NotAllowedNow), wires tell (`answered`, `gone`)."""

    def __init__(self, floor: Floor, ids: Ids) -> None:
        self._floor = floor
        self._ids = ids
        self.heard_gone: list[Callable[[Contact, str], None]] = []
        """Hear of a third whose leg ended unasked: the talk as it was with him in it, and why (an AttemptOutcome, as a rule)."""

    async def call(
        self,
        agent_id: str,
        contact_id: str,
        *,
        agent: str | None = None,
        number: str = "",
        queue: str = "",
        blind: bool = False,
    ) -> None:
        """Ask an operator who is free, whoever of a queue is, or a number outside, while the customer hears music."""
        third_id = self._ids()

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own(draft, agent_id, contact_id)
            if contact.state is not ContactState.CONNECTED or contact.kind is not ChannelKind.VOICE:
                raise NotAllowedNow("take the customer back from hold first")
            asked = third_moves.whom_to_ask(draft, queue, agent_id) if queue else agent
            if asked is None and not number:
                raise NotAllowedNow("nobody is free in this queue")
            if asked is not None:
                self._must_be_free(draft, asked, agent_id)
            return third_moves.call(draft, contact, Third(third_id, asked, number, blind, queue=queue))

        await self._floor.ask(act)
        contact = self._floor.book.contacts.get(contact_id)
        if contact is None or contact.third is None or contact.third.id != third_id:
            raise NotAllowedNow("nobody could be called there")

    def _must_be_free(self, draft: Draft, name: str, asker: str) -> None:
        agent = draft.known_agent(name)
        if agent is None or name == asker or not third_moves.is_free(agent):
            raise NotAllowedNow("this operator is not free")

    async def hold(self, agent_id: str, contact_id: str, *, customer: bool, third: bool) -> None:
        """Who hears music: swap, conference, and each party by itself."""
        await self._floor.ask(
            lambda draft: third_moves.hold(
                draft, self._own(draft, agent_id, contact_id), customer=customer, third=third
            )
        )

    async def drop(self, agent_id: str, contact_id: str) -> None:
        """Back to the customer, without the third."""
        await self._floor.ask(lambda draft: third_moves.drop(draft, self._own(draft, agent_id, contact_id)))

    async def complete(self, agent_id: str, contact_id: str) -> None:
        """The third gets the customer."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own(draft, agent_id, contact_id)
            if contact.third is None or not contact.third.answered:
                raise NotAllowedNow("nobody has answered there yet")
            return third_moves.complete(draft, contact, self._floor.rules)

        await self._floor.ask(act)

    async def answered(self, third_id: str) -> Contact | None:
        """His contact; None when nobody wants him any more."""
        contact = self._with(third_id)
        if contact is None:
            return None
        await self._floor.hear(
            contact.wire_key, lambda draft, now: third_moves.answered(draft, now, third_id, self._floor.rules)
        )
        return contact

    async def gone(self, third_id: str, reason: str) -> None:
        """His leg has ended, or never was."""
        contact = self._with(third_id)
        if contact is not None:
            await self._floor.hear(contact.wire_key, lambda draft, now: third_moves.gone(draft, now, third_id, reason))
            for hear in self.heard_gone:
                hear(contact, reason)
        else:
            await self._floor.change(lambda draft: third_moves.let_go(draft, third_id))

    def asked_by(self, third_id: str) -> Contact | None:
        """In whose talk this third is."""
        return self._with(third_id)

    def all(self) -> list[Contact]:
        """The talks that have one."""
        return [contact for contact in self._floor.book.contacts.values() if contact.third is not None]

    def _with(self, third_id: str) -> Contact | None:
        return next((one for one in self.all() if one.third is not None and one.third.id == third_id), None)

    def _own(self, draft: Draft, agent_id: str, contact_id: str) -> Contact:
        contact = draft.open_contact(contact_id)
        if contact is None or contact.agent_id != agent_id:
            raise NotAllowedNow("this contact is not with you any more")
        return contact
