"""What an agent does with a contact of his own: takes or declines it, hangs up, masks, passes it on, closes it with a result."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..storage.failpoint import failpoint
from . import agent as agent_events
from . import contact_events, moves
from .agent import Stance, TaskPhase
from .book import Draft
from .channel import ChannelKind, OfferFailure
from .commands import Command, HangUp
from .contact import TALKING_STATES, Contact, ContactState
from .disposition import disposition
from .disposition_tree import refusal
from .floor import Floor, NotAllowedNow
from .mask import is_open


class OwnContacts:
    """What people ask raises UnknownAgent, and NotAllowedNow."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def accept(self, agent_id: str, contact_id: str) -> None:
        """Take an offered text contact; a call is answered in the softphone. Again is no harm."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            if contact.kind is ChannelKind.VOICE:
                raise NotAllowedNow("a call is answered in the softphone")
            return () if contact.state in TALKING_STATES else moves.accept(draft, contact)

        await self._floor.ask(act)

    async def decline(self, agent_id: str, contact_id: str) -> None:
        await self._floor.ask(
            lambda draft: moves.miss(draft, self._own_contact(agent_id, contact_id), OfferFailure.DECLINED)
        )

    async def hang_up(self, agent_id: str, contact_id: str) -> None:
        """End the talk. A call's own wire reports its end, which moves the states; a talk that is over already stays over."""
        contact = self._own_contact(agent_id, contact_id)
        if contact.state is ContactState.OFFERED:
            raise NotAllowedNow("an offer is declined, not hung up")
        if contact.state not in TALKING_STATES:
            return
        if contact.kind is ChannelKind.VOICE:
            failpoint("before_agent_hangs_up")
            await self._floor.channels[contact.kind].hang_up(contact)
            failpoint("after_agent_hangs_up")
            return

        def act(draft: Draft) -> Sequence[Command]:
            mine = self._own_contact(agent_id, contact_id)
            ended = contact_events.TalkEnded(draft.now)
            return [HangUp(mine), *moves.end(draft, mine, ended, self._floor.rules)]

        await self._floor.ask(act)

    async def rejoin(self, agent_id: str, contact_id: str) -> None:
        """The agent's page hears nothing any more: let go of its leg and join the two again, as after a reload."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            if contact.kind is not ChannelKind.VOICE or contact.state not in TALKING_STATES:
                raise NotAllowedNow("there is no talk that could go on")
            back = moves.break_leg(draft, contact)
            return [*back, *moves.rejoin(draft, draft.contact(contact_id), self._floor.rules)]

        await self._floor.ask(act)

    async def pause_recording(self, agent_id: str, contact_id: str) -> datetime:
        """Mask what is said from now on. Returns when it will be recorded again by itself; raises NotAllowedNow when it is not masked."""
        await self._floor.ask(
            lambda draft: moves.pause_recording(draft, self._own_contact(agent_id, contact_id)),
        )
        contact = self._own_contact(agent_id, contact_id)
        if not is_open(contact.masks):
            raise NotAllowedNow("the recording could not be paused")
        return contact.masks[-1].end

    async def resume_recording(self, agent_id: str, contact_id: str) -> None:
        """Let it be recorded again. Again is no harm."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            return moves.resume_recording(draft, contact) if is_open(contact.masks) else ()

        await self._floor.ask(act)

    async def tell_answerer(self, agent_id: str, contact_id: str, answerer: str) -> None:
        """Write down who had answered a call of ours: "person" or "machine". The last word stands. Raises NotAllowedNow."""

        def act(draft: Draft) -> Sequence[Command]:
            return moves.tell_answerer(draft, self._own_contact(agent_id, contact_id), answerer)

        await self._floor.ask(act)

    async def transfer(
        self, agent_id: str, contact_id: str, *, queue: str | None = None, agent: str | None = None
    ) -> None:
        """Pass the customer on into a queue, or to one agent who is at work (in the queue the contact is in, or one of his own)."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            goes_to = self._target_queue(draft, contact, queue, agent)
            return moves.transfer(draft, contact, goes_to, agent)

        await self._floor.ask(act)

    def _target_queue(self, draft: Draft, contact: Contact, queue: str | None, to_agent: str | None) -> str:
        """Raises NotAllowedNow for a queue that is not there, and for an agent who is not at work."""
        if to_agent is None:
            if queue not in self._floor.setup.queues:
                raise NotAllowedNow("there is no such queue")
            return str(queue)
        agent = draft.known_agent(to_agent)
        if agent is None or agent.id == contact.agent_id or agent.stance is not Stance.READY or not agent.reachable:
            raise NotAllowedNow("this operator is not at work")
        if not agent.queues or agent.capacity.limit(contact.kind) == 0:
            raise NotAllowedNow("this operator takes no such contacts")
        return contact.queue if contact.queue in agent.queues else min(agent.queues)

    async def dispose(
        self, agent_id: str, contact_id: str, code: str, note: str = "", callback_at: datetime | None = None
    ) -> None:
        """Close the talk with a result of its queue's tree. `callback_at` is wanted by results that promise a call, and only by them."""
        chosen = disposition(code)
        if chosen is None:
            raise NotAllowedNow("there is no such result")
        if chosen.wants_callback and (callback_at is None or callback_at <= self._floor.clock.now()):
            raise NotAllowedNow("this result wants the time of the next call, in the future")
        promised = callback_at if chosen.wants_callback else None

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            if refusal(self._floor.setup, contact.queue, code) is not None:
                raise NotAllowedNow("this result is not for this queue")
            return moves.dispose(draft, contact, contact_events.Disposed(draft.now, code, note, promised))

        await self._floor.ask(act)

    async def extend_wrap_up(self, agent_id: str, contact_id: str, seconds: float) -> None:
        self._floor.known_agent(agent_id)

        def act(draft: Draft) -> None:
            task = draft.agent(agent_id).task(contact_id)
            if task is None or task.phase is not TaskPhase.WRAP_UP:
                raise NotAllowedNow("there is no wrap-up to extend")
            until = (task.until or draft.now) + timedelta(seconds=seconds)
            draft.tell_agent(agent_id, agent_events.WrapUpExtended(draft.now, contact_id, until))

        await self._floor.ask(act)

    def _own_contact(self, agent_id: str, contact_id: str) -> Contact:
        self._floor.known_agent(agent_id)
        contact = self._floor.book.contacts.get(contact_id)
        if contact is None or contact.agent_id != agent_id:
            raise NotAllowedNow("this contact is not with you any more")
        return contact
