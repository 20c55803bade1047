"""The desk's hands: what a move's commands ask of the wires, and of whoever follows ended contacts up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..storage.failpoint import failpoint
from .channel import Channel, ChannelKind
from .commands import (
    ArrangeParties,
    CallThird,
    Command,
    Dismiss,
    DropThird,
    FollowUp,
    HangUp,
    OfferContact,
    PauseRecording,
    ResumeRecording,
    ReturnToQueue,
    SendAway,
    TellAccepted,
    WithdrawOffer,
)
from .contact import Contact
from .journal import Journal

log = logging.getLogger(__name__)

FOLLOWED_AT_ONCE = 4
"""When thousands hang up in the same second, what their ends bring about must not take all connections from those who call."""


class Hands:
    """`follow_ups` run in the background, one contact's in order; the journal remembers until all of them are done."""

    def __init__(
        self,
        channels: Mapping[ChannelKind, Channel],
        journal: Journal,
        follow_ups: Sequence[Callable[[Contact], Awaitable[None]]],
    ) -> None:
        self._channels = channels
        self._journal = journal
        self._follow_ups = follow_ups
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: list[Contact] = []
        self._turns = asyncio.Semaphore(FOLLOWED_AT_ONCE)

    async def perform(self, command: Command) -> None:
        """Raises WireDown when the wire cannot be told."""
        match command:
            case OfferContact(contact, agent, auto_answer):
                failpoint("before_offer")
                await self._channels[contact.kind].offer(contact, agent, auto_answer=auto_answer)
                failpoint("after_offer")
            case WithdrawOffer(contact, agent):
                failpoint("before_withdraw")
                await self._channels[contact.kind].withdraw(contact, agent)
                failpoint("after_withdraw")
            case ReturnToQueue(contact, agent):
                failpoint("before_return")
                await self._channels[contact.kind].return_to_queue(contact, agent)
                failpoint("after_return")
            case TellAccepted(contact, agent):
                await self._channels[contact.kind].accepted(contact, agent)
            case HangUp(contact):
                failpoint("before_hang_up")
                await self._channels[contact.kind].hang_up(contact)
                failpoint("after_hang_up")
            case PauseRecording(contact):
                await self._channels[contact.kind].record(contact, on=False)
            case ResumeRecording(contact):
                await self._channels[contact.kind].record(contact, on=True)
            case CallThird(contact) | ArrangeParties(contact) | DropThird(contact) | SendAway(contact):
                await self._channels[contact.kind].parties(command)
            case Dismiss(contact, how):
                await self._channels[contact.kind].dismiss(contact, how)
            case FollowUp(contact):
                self._begin(contact)

    def _begin(self, contact: Contact) -> None:
        task = asyncio.create_task(self._follow_in_turn(contact))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow_in_turn(self, contact: Contact) -> None:
        async with self._turns:
            await self.follow_up(contact)

    def try_again(self) -> None:
        """Follow up once more whatever has failed."""
        left, self._left = self._left, []
        for contact in left:
            self._begin(contact)

    async def follow_up(self, contact: Contact) -> None:
        """What fails is tried again soon (`try_again`), and at the next start."""
        try:
            failpoint("before_follow_up")
            for follow in self._follow_ups:
                await follow(contact)
            failpoint("after_follow_up")
            await self._journal.followed_up(contact.id)
        except Exception:
            self._left.append(contact)
            log.exception("a follow-up failed; it is tried again")

    async def settle(self) -> None:
        """Wait for what runs in the background."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
