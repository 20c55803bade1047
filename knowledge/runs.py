"""The runs of scripts, contact by contact: chosen, begun, moved on and kept. A run lives in the table, so a reload finds it, and who
gets the contact by a transfer goes on with it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ..queue.contact import Contact
from .actions import ActionRefused, Actions
from .script import (
    ActionKind,
    Done,
    Event,
    Failed,
    Run,
    Script,
    Step,
    Waived,
    WaiverAsked,
    WaiverRefused,
    Way,
    advance,
    begin,
    is_over,
    owed,
)
from .script_choice import Choice, Situation, choose
from .store import Crossed, ScriptStore


@dataclass(frozen=True)
class Talk:
    """A contact's script and how far it is."""

    script: Script
    run: Run

    @property
    def step(self) -> Step:
        return self.script.by_code[self.run.at]

    @property
    def is_over(self) -> bool:
        return is_over(self.script, self.run)

    @property
    def owed(self) -> tuple[Step, ...]:
        return owed(self.script, self.run)

    @property
    def result(self) -> str:
        """The disposition that its end speaks for; '' before the end."""
        return self.step.result if self.is_over else ""

    @property
    def agreed_at(self) -> datetime | None:
        """When the customer was promised a call in it."""
        for taken in reversed(self.run.trail):
            action = self.script.by_code[taken.step].action
            if taken.way is Way.DONE and action is not None and action.kind is ActionKind.BOOK_CALLBACK:
                return datetime.fromisoformat(taken.value)
        return None


class UnknownScript(Exception):
    """There is no such script, or it is off."""


class Runs:
    """`situation` says what is so in a contact's talk."""

    def __init__(
        self, store: ScriptStore, actions: Actions, situation: Callable[[Contact], Awaitable[Situation]]
    ) -> None:
        self._store, self._actions, self._situation = store, actions, situation
        self.scripts = store.scripts
        self.script = store.script
        self.put = store.put
        self.add_missing = store.add_missing

    async def choice(self, contact: Contact) -> Choice:
        """Which script is for this talk, and why."""
        return choose(await self._store.scripts(), await self._situation(contact))

    async def of(self, contact: Contact) -> Talk | None:
        """The contact's script, begun if it was not; None where no script is for it. While nobody has touched it, it follows what is
        learned of the talk: who calls, about which order."""
        run = await self._store.run(contact.id)
        if run is not None and run.version > 1:
            return await self._talk(run)
        chosen = (await self.choice(contact)).script
        if run is None:
            return None if chosen is None else await self._talk(await self._store.begin(begin(chosen, contact.id)))
        if chosen is None or chosen.code == run.script:
            return await self._talk(run)
        try:
            other = replace(begin(chosen, contact.id), version=2)
            await self._store.keep(other)
        except Crossed:
            return await self.of(contact)
        return Talk(chosen, other)

    async def step(self, contact: Contact, at: str, version: int, event: Event, actor_id: str) -> Talk:
        """Move the run on. `at` and `version` are what the operator saw. Raises Crossed when that is no longer so, ScriptRefused.

        The run is kept before an action is carried out; after a crash in between it stands there, and the action is begun anew.
        """
        talk = await self.of(contact)
        if talk is None or (talk.run.at, talk.run.version) != (at, version):
            raise Crossed
        run, commands = advance(talk.script, talk.run, event)
        await self._store.keep(run)
        for command in commands:
            try:
                came_to: Event = Done(await self._actions.carry_out(command, contact, actor_id))
            except ActionRefused as refused:
                came_to = Failed(refused.reason)
            run, _ = advance(talk.script, run, came_to)
            await self._store.keep(run)
        return Talk(talk.script, run)

    async def change(self, contact: Contact, code: str) -> Talk:
        """Begin another script by hand. Raises UnknownScript, Crossed."""
        script, talk = await self._store.script(code), await self.of(contact)
        if script is None or not script.active:
            raise UnknownScript(code)
        if talk is None:
            return await self._talk(await self._store.begin(replace(begin(script, contact.id), version=2)))
        other = replace(begin(script, contact.id), version=talk.run.version + 1)
        await self._store.keep(other)
        return Talk(script, other)

    async def waive(self, contact: Contact, actor_id: str) -> Talk | None:
        """A supervisor lets go what is still owed. Raises Crossed."""
        talk = await self.of(contact)
        return None if talk is None else await self._told(talk, Waived(actor_id))

    async def ask_waiver(self, contact: Contact, actor_id: str) -> Talk | None:
        """The operator asks a supervisor for that. Again is no harm. Raises ScriptRefused where nothing is owed, Crossed."""
        talk = await self.of(contact)
        return talk if talk is None or talk.run.asked_by is not None else await self._told(talk, WaiverAsked(actor_id))

    async def refuse_waiver(self, contact: Contact) -> Talk | None:
        """The steps stay owed. Raises Crossed."""
        talk = await self.of(contact)
        return talk if talk is None or talk.run.asked_by is None else await self._told(talk, WaiverRefused())

    async def asking(self, contacts: Iterable[Contact]) -> list[Talk]:
        """Those of these talks in which a supervisor is waited for, the oldest first."""
        return [await self._talk(run) for run in await self._store.asking([one.id for one in contacts])]

    async def _told(self, talk: Talk, event: Event) -> Talk:
        run, _ = advance(talk.script, talk.run, event)
        await self._store.keep(run)
        return Talk(talk.script, run)

    async def _talk(self, run: Run) -> Talk:
        script = await self._store.script(run.script, run.edition)
        assert script is not None  # the run's foreign key
        return Talk(script, run)
