"""The agent's door to the chat room: he reads and writes in the chats that are with him. Whose contact it is, the desk knows."""

from datetime import datetime

from ..contact import TALKING_STATES, Contact
from .conversation import Author, Chat, ChatRefused, Message, Refusal, harmless, message_text
from .talks import Talks
from .views import AgentView

MAX_DRAFT = 8000


class AgentDoor:
    """`contact` is one that the caller may see. Every method may raise WireDown, and ChatRefused(NO_CHAT) for another wire's contact."""

    def __init__(self, talks: Talks) -> None:
        self._talks = talks

    async def chat_of(self, contact: Contact) -> Chat:
        chat = await self._talks.chat_behind(contact)
        if chat is None:
            raise ChatRefused(Refusal.NO_CHAT)
        return chat

    async def messages(self, contact: Contact, after: int, limit: int = 500) -> list[Message]:
        """The whole talk, with whomever it was before."""
        return await self._talks.store.messages((await self.chat_of(contact)).id, after, limit)

    async def view(self, contact: Contact) -> AgentView:
        return self._talks.agent_view(await self.chat_of(contact), contact)

    def unread(self, contact: Contact) -> int:
        """How many of the visitor's messages the agent has not seen; 0 for what is no open chat."""
        return self._talks.unread_of(contact)

    def asked_at(self, contact: Contact) -> datetime | None:
        """Since when its visitor waits for a word of ours; None while he does not."""
        return self._talks.asked_at(contact)

    async def say(self, contact: Contact, agent_id: str, client_id: str, text: str) -> Message:
        """Only in a talk of his own; repeated, it is the same message, even after the talk. Raises ChatRefused."""
        kept, chat, talks = message_text(text), await self.chat_of(contact), self._talks
        now = talks.desk.contact(contact.id)
        if now is None or now.agent_id != agent_id or now.state not in TALKING_STATES:
            known = await talks.store.known(chat.id, Author.AGENT, client_id)
            if known is None or known.agent_id != agent_id:
                raise ChatRefused(Refusal.OVER)
            return known
        talks.guests.expect(chat.id, talks.clock.monotonic()).agent_typed = None
        said = Message(0, Author.AGENT, kept, talks.clock.now(), client_id, agent_id=agent_id)
        return await talks.keep(chat.id, said)

    async def read(self, contact: Contact, seq: int) -> None:
        """He has seen everything up to `seq`."""
        chat = await self.chat_of(contact)
        if min(seq, chat.last_seq) > chat.agent_read:
            await self._talks.read(chat.id, Author.AGENT, seq)

    async def types(self, contact: Contact) -> None:
        chat = await self.chat_of(contact)
        if chat.is_open:
            now = self._talks.clock.monotonic()
            self._talks.guests.expect(chat.id, now).agent_typed = now
            self._talks.tell_visitor(chat)

    async def keep_draft(self, contact: Contact, agent_id: str, text: str) -> None:
        """What he has begun to write, for when he comes back to it."""
        chat = await self.chat_of(contact)
        if chat.is_open:
            await self._talks.keep_draft(chat.id, agent_id, harmless(text[:MAX_DRAFT]))

    async def draft(self, contact: Contact, agent_id: str) -> str:
        chat = await self.chat_of(contact)
        return chat.draft if chat.draft_by == agent_id else ""
