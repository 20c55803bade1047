"""The visitor's door to the chat room: he begins, writes, reads, goes. A token in his browser is all that he has to show."""

from collections.abc import Callable
from dataclasses import dataclass

from ...access.address import network_of
from ...access.password import digest
from ...storage.ids import Ids
from ..channel import Arrival, ChannelKind, Direction
from ..contact import Contact
from .conversation import Author, Chat, ChatRefused, Message, Notice, Refusal, message_text, visitor_name
from .talks import Talks
from .views import VisitorView


@dataclass(frozen=True, slots=True)
class Opening:
    """What a visitor says to begin with. `address` is where he calls from, kept only as a hash; `queue` is the code the page asked for."""

    address: str
    name: str
    language: str
    queue: str
    client_id: str
    text: str


class VisitorDoor:
    """`queue_of` turns the code that a page asked for into a queue that there is. Every method may raise WireDown."""

    def __init__(self, talks: Talks, ids: Ids, queue_of: Callable[[str], str]) -> None:
        self._talks = talks
        self._ids = ids
        self._queue_of = queue_of
        self._leaving: set[str] = set()

    async def chat_of(self, token: str) -> Chat | None:
        """The open chat of this visitor, else his last one."""
        chat = await self._talks.store.latest(digest(token))
        return None if chat is None else self.open_chat(chat)

    async def start(self, token: str, opening: Opening) -> tuple[Chat, Message]:
        """Begin a chat with its first message; repeated, it is the same chat and the same message. Raises ChatRefused."""
        text = message_text(opening.text)
        chat = await self.chat_of(token)
        if chat is None or not chat.is_open:
            chat = await self._begin(token, opening)
        said = await self.say(chat, opening.client_id, text)
        await self.arrive(chat)
        chat = self._talks.open.get(chat.id) or await self._talks.store.chat(chat.id) or chat  # it may be over at once
        self._talks.tell(chat)
        return chat, said

    async def _begin(self, token: str, opening: Opening) -> Chat:
        talks, origin = self._talks, digest(network_of(opening.address))
        open_now = sum(chat.origin == origin for chat in talks.open.values())
        talks.guests.begin(origin, open_now, talks.clock.monotonic())
        chat = Chat(
            id=self._ids(),
            token_hash=digest(token),
            origin=origin,
            queue=self._queue_of(opening.queue),
            name=visitor_name(opening.name),
            language=opening.language,
            began_at=talks.clock.now(),
        )
        return await talks.begin(chat)

    async def arrive(self, chat: Chat) -> Contact:
        """Bring the chat before the desk; one that is there already is given as it is, even when it has ended."""
        arrival = Arrival(ChannelKind.CHAT, Direction.INBOUND, chat.queue, chat.wire_key, name=chat.name)
        return await self._talks.desk.arrive(arrival)

    async def say(self, chat: Chat, client_id: str, text: str) -> Message:
        """The visitor's next message; repeated, it is the same message. Raises ChatRefused."""
        kept, talks = message_text(text), self._talks
        talks.guests.speak(chat.id, talks.clock.monotonic())
        return await talks.keep(chat.id, Message(0, Author.VISITOR, kept, talks.clock.now(), client_id))

    async def messages(self, chat: Chat, after: int, limit: int = 500) -> list[Message]:
        return await self._talks.store.messages(chat.id, after, limit)

    async def read(self, chat: Chat, seq: int) -> None:
        """He has seen everything up to `seq`."""
        if min(seq, chat.last_seq) > chat.visitor_read:
            await self._talks.read(chat.id, Author.VISITOR, seq)

    def types(self, chat: Chat) -> None:
        if chat.id in self._talks.open:
            now = self._talks.clock.monotonic()
            self._talks.guests.expect(chat.id, now).visitor_typed = now
            self._talks.tell_agent(self._talks.open[chat.id])

    async def end(self, chat: Chat, ending: Notice = Notice.VISITOR_ENDED) -> None:
        """He has said goodbye, or has gone. The desk hears of it first: should we die between the two, the next start brings the chat to
        where its contact is."""
        if chat.id in self._leaving or chat.id not in self._talks.open:
            return
        self._leaving.add(chat.id)
        try:
            await self._talks.desk.customer_left(chat.wire_key, ending.value)
            await self._talks.finish(chat.id, ending)
        finally:
            self._leaving.discard(chat.id)

    async def call_me(self, chat: Chat, number: str) -> None:
        """He leaves `number` (E.164) and goes; his place in the queue waits on as a call. Raises ChatRefused(NO_CALL)."""
        talks = self._talks
        if not self.view(chat).may_call or chat.id in self._leaving:
            raise ChatRefused(Refusal.NO_CALL)
        self._leaving.add(chat.id)
        try:
            if await talks.desk.keep_place(chat.wire_key, number) is None:
                raise ChatRefused(Refusal.NO_CALL)
            await talks.finish(chat.id, Notice.CALLBACK)
        finally:
            self._leaving.discard(chat.id)

    def open_chat(self, chat: Chat) -> Chat:
        """The chat as it is now, while it is open."""
        return self._talks.open.get(chat.id, chat)

    def is_leaving(self, chat: Chat) -> bool:
        return chat.id in self._leaving

    # Whether he is there ----------------------------------------------------------------------------------------------

    def page_opened(self, chat: Chat) -> None:
        """A page of his is live; each call is followed by one of page_closed."""
        if chat.id in self._talks.open:
            self._talks.guests.opened(chat.id, self._talks.clock.monotonic())
            self._talks.tell_agent(self._talks.open[chat.id])

    def page_closed(self, chat: Chat) -> None:
        self._talks.guests.closed(chat.id, self._talks.clock.monotonic())

    def heard(self, chat: Chat) -> None:
        """His page asked for something, so it is there."""
        if chat.id in self._talks.open:
            self._talks.guests.heard(chat.id, self._talks.clock.monotonic())

    def view(self, chat: Chat | None) -> VisitorView:
        return VisitorView() if chat is None else self._talks.visitor_view(self.open_chat(chat))
