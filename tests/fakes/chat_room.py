"""A chat room with its desk on one database, without pages: the test is the visitors, the agents and the clock."""

from dataclasses import dataclass, field
from typing import Any

from cordboard.queue.channel import ChannelKind
from cordboard.queue.channels.chat import ChatRoom
from cordboard.queue.channels.conversation import Author, Chat, ChatRules, Message
from cordboard.queue.channels.store import ChatStore
from cordboard.queue.channels.visitor_door import Opening
from cordboard.queue.contact import Contact
from cordboard.queue.desk import Desk
from cordboard.queue.journal import Journal
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.storage.database import Database
from tests.fakes.wire import MemoryJournal, MovedClock

TOKEN = "t" * 43


@dataclass
class SeenPages:
    """What open pages were told; the newest is the last."""

    users: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    guests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def tell_user(self, user_id: str, event: str, data: dict[str, Any], key: str) -> None:
        self.users.append((user_id, data))

    def tell_guest(self, guest: str, event: str, data: dict[str, Any]) -> None:
        self.guests.append((guest, data))

    def last_for(self, user_id: str) -> dict[str, Any]:
        return next(data for told, data in reversed(self.users) if told == user_id)


class ChatSalon:
    """`restart` is the engine's: a new desk and a new room over the same journal and database."""

    def __init__(self, database: Database, rules: ChatRules | None = None, journal: Journal | None = None) -> None:
        self.clock = MovedClock()
        self.journal = journal or MemoryJournal()
        self.store = ChatStore(database)
        self.rules = rules or ChatRules(grace_s=120)
        self.made = 0
        self._build()

    def _build(self) -> None:
        channels: dict[ChannelKind, ChatRoom] = {}
        self.pages = SeenPages()
        self.desk = Desk(self.journal, channels, self.clock, self._next_id)
        self.room = ChatRoom(
            self.store, self.desk, self.clock, self._next_id, self.pages, lambda code: code or "orders", self.rules
        )
        channels[ChannelKind.CHAT] = self.room
        self.desk.follow_ups.append(self.room.on_contact_ended)

    def _next_id(self) -> str:
        self.made += 1
        return f"id-{self.made}"

    async def open(self) -> None:
        await self.desk.load()
        await self.desk.apply(QueueSetup({"orders": QueueRules("orders", "Заказы", "Orders")}))
        await self.room.resync()
        await self.desk.wire_changed(ChannelKind.CHAT, up=True)

    async def restart(self) -> None:
        await self.desk.settle()
        agents = [agent.id for agent in self.desk.agents()]
        self._build()
        await self.open()
        for agent_id in agents:
            await self.desk.page_opened(agent_id, "tab")

    async def operator(self, agent_id: str = "maria", name: str = "Мария Соколова", *, ready: bool = True) -> str:
        await self.desk.register(agent_id, name, f"sip-{agent_id}", ("orders",))
        await self.desk.page_opened(agent_id, "tab")
        if ready:
            await self.desk.ready(agent_id)
        return agent_id

    async def write(
        self,
        text: str = "Где мой заказ?",
        client_id: str = "first-message",
        *,
        token: str = TOKEN,
        address: str = "192.0.2.1",
        name: str = "Анна",
    ) -> Chat:
        opening = Opening(address, name, "ru", "orders", client_id, text)
        chat, _said = await self.room.visitors.start(token, opening)
        return await self.chat(token) or chat

    async def chat(self, token: str = TOKEN) -> Chat:
        chat = await self.room.visitors.chat_of(token)
        assert chat is not None
        return chat

    def contact(self, chat: Chat) -> Contact:
        found = self.desk.contact_by_wire(chat.wire_key)
        assert found is not None
        return found

    async def accept(self, chat: Chat, agent_id: str = "maria") -> Contact:
        """The agent takes what he was offered."""
        assert self.contact(chat).agent_id == agent_id
        await self.desk.accept(agent_id, self.contact(chat).id)
        return self.contact(chat)

    async def hang_up(self, chat: Chat, agent_id: str = "maria") -> None:
        await self.desk.hang_up(agent_id, self.contact(chat).id)

    async def answer(self, chat: Chat, text: str, client_id: str = "answer-1", agent_id: str = "maria") -> Message:
        return await self.room.agents.say(self.contact(chat), agent_id, client_id, text)

    async def told(self, chat: Chat) -> list[str]:
        """The talk as words: `visitor: …`, `agent: …`, `[notice name]`."""
        return [
            f"[{message.notice.value} {message.text}".rstrip() + "]"
            if message.notice is not None
            else f"{Author(message.author).value}: {message.text}"
            for message in await self.store.messages(chat.id)
        ]
