"""Chats and their messages in tables. A message is committed when `add` returns, and only once whatever a bad line repeats."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, Row, String, Table, Text, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from ...storage.base import UtcDateTime, id_column, metadata
from ...storage.database import Database
from ..channel import WireDown
from .conversation import Author, Chat, ChatRefused, Message, Notice, Refusal, may_write

chat_table = Table(
    "chat",
    metadata,
    id_column(),
    Column("token_hash", String(64), nullable=False),
    Column(
        "open_for", String(64), unique=True
    ),  # the token's hash while the chat is open: a visitor has one chat at a time
    Column("origin", String(64), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("language", String(2), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("agent_read", Integer, nullable=False),
    Column("visitor_read", Integer, nullable=False),
    Column("ending", String(16)),
    Column("ended_at", UtcDateTime),
    Column("draft", Text, nullable=False),
    Column("draft_by", String(36)),
    Index("ix_chat_token_hash", "token_hash", "began_at"),
    Index("ix_chat_ending", "ending", "ended_at"),
)

message_table = Table(
    "chat_message",
    metadata,
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("author", String(16), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("agent_id", String(36)),
    Column("notice", String(16)),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("chat_id", "author", "client_id"),
)

_chat, _message = chat_table.c, message_table.c


class ChatStore:
    """Every method is one transaction. Raises WireDown when the database cannot be asked: nothing has changed then."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, chat: Chat) -> Chat:
        """Keep a new chat; a visitor who has an open one is given that."""
        row = _row_of(chat) | {"open_for": chat.token_hash}
        try:
            async with self._writing() as connection:
                await connection.execute(chat_table.insert().values(row))
        except IntegrityError:
            known = await self.latest(chat.token_hash)
            if known is None:
                raise
            return known
        return chat

    async def open_chats(self) -> list[Chat]:
        """The oldest first."""
        query = select(chat_table).where(_chat.ending.is_(None)).order_by(_chat.began_at, _chat.id)
        async with self._reading() as connection:
            return [_as_chat(row) for row in await connection.execute(query)]

    async def chat(self, chat_id: str) -> Chat | None:
        return await self._first(_chat.id == chat_id)

    async def latest(self, token_hash: str) -> Chat | None:
        """The visitor's open chat, else the one that began last."""
        return await self._first(_chat.open_for == token_hash) or await self._first(_chat.token_hash == token_hash)

    async def _first(self, where: Any) -> Chat | None:
        query = select(chat_table).where(where).order_by(_chat.began_at.desc(), _chat.id).limit(1)
        async with self._reading() as connection:
            row = (await connection.execute(query)).first()
        return _as_chat(row) if row else None

    async def add(self, chat_id: str, message: Message) -> tuple[Chat, Message]:
        """Keep a message under the chat's next number; `message.seq` is of no account. One that is known already is given back as it is.

        Raises ChatRefused(OVER) when the chat takes no more words, ChatRefused(NO_CHAT).
        """
        async with self._writing() as connection:
            chat = await _locked(connection, chat_id)
            known = await _known(connection, chat_id, message.author, message.client_id)
            if known is not None:
                return chat, known
            if not may_write(chat, message.author, await _since_end(connection, chat), message.at):
                raise ChatRefused(Refusal.OVER)
            return await _append(connection, chat, message)

    async def end(self, chat_id: str, ending: Notice, at: datetime) -> Chat:
        """End the chat, with a line that says how; one that has ended stays as it ended. Raises ChatRefused(NO_CHAT)."""
        async with self._writing() as connection:
            chat = await _locked(connection, chat_id)
            if not chat.is_open:
                return chat
            chat, _line = await _append(connection, chat, Message(0, Author.SYSTEM, "", at, "ended", notice=ending))
            change = {"ending": ending.value, "ended_at": at, "open_for": None, "draft": ""}
            await connection.execute(chat_table.update().where(_chat.id == chat_id).values(change))
            return replace(chat, ending=ending, ended_at=at, draft="")

    async def known(self, chat_id: str, author: Author, client_id: str) -> Message | None:
        """The message that is kept under its writer's own name for it."""
        async with self._reading() as connection:
            return await _known(connection, chat_id, author, client_id)

    async def messages(self, chat_id: str, after: int = 0, limit: int = 500) -> list[Message]:
        """In order, those numbered above `after`."""
        query = (
            select(message_table)
            .where(_message.chat_id == chat_id, _message.seq > after)
            .order_by(_message.seq)
            .limit(limit)
        )
        async with self._reading() as connection:
            return [_as_message(row) for row in await connection.execute(query)]

    async def unread(self, chat_id: str, after: int) -> int:
        """How many of the visitor's messages are numbered above `after`."""
        query = select(func.count()).where(
            _message.chat_id == chat_id, _message.seq > after, _message.author == Author.VISITOR.value
        )
        async with self._reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def asked_at(self, chat_id: str) -> datetime | None:
        """When the visitor wrote the first of his words that no agent has answered; None when the last word is ours."""
        mine = _message.chat_id == chat_id
        answered = select(func.coalesce(func.max(_message.seq), 0)).where(mine, _message.author == Author.AGENT.value)
        query = (
            select(_message.at)
            .where(mine, _message.author == Author.VISITOR.value, _message.seq > answered.scalar_subquery())
            .order_by(_message.seq)
            .limit(1)
        )
        async with self._reading() as connection:
            at: datetime | None = (await connection.execute(query)).scalar()
            return at

    async def left(self, limit: int = 100) -> list[tuple[Chat, list[Message]]]:
        """The chats in which nobody could answer and a message was asked for, the newest first, each with its visitor's words."""
        ended = select(chat_table).where(_chat.ending == Notice.MESSAGE.value).order_by(_chat.ended_at.desc(), _chat.id)
        async with self._reading() as connection:
            chats = [_as_chat(row) for row in await connection.execute(ended.limit(limit))]
            theirs = _message.chat_id.in_([chat.id for chat in chats]), _message.author == Author.VISITOR.value
            said = select(message_table).where(*theirs).order_by(_message.chat_id, _message.seq)
            words: dict[str, list[Message]] = {}
            for row in await connection.execute(said):
                words.setdefault(row.chat_id, []).append(_as_message(row))
        return [(chat, words.get(chat.id, [])) for chat in chats]

    async def read(self, chat_id: str, side: Author, seq: int) -> Chat:
        """That side has seen everything up to `seq`; never less than before, never more than there is. Raises ChatRefused(NO_CHAT)."""
        async with self._writing() as connection:
            chat = await _locked(connection, chat_id)
            name = "agent_read" if side is Author.AGENT else "visitor_read"
            seen = min(max(seq, getattr(chat, name)), chat.last_seq)
            await connection.execute(chat_table.update().where(_chat.id == chat_id).values({name: seen}))
            return replace(chat, **{name: seen})

    async def keep_draft(self, chat_id: str, agent_id: str, text: str) -> Chat:
        """What the agent has begun to write. Raises ChatRefused(NO_CHAT)."""
        async with self._writing() as connection:
            chat = await _locked(connection, chat_id)
            values = {"draft": text, "draft_by": agent_id}
            await connection.execute(chat_table.update().where(_chat.id == chat_id).values(values))
            return replace(chat, draft=text, draft_by=agent_id)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with _told(), self._db.read() as connection:
            yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with _told(), self._db.write() as connection:
            yield connection


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """A clash is an answer; every other trouble of the database means that this wire is down."""
    try:
        yield
    except IntegrityError:
        raise
    except (OSError, TimeoutError, SQLAlchemyError) as trouble:
        raise WireDown(f"the chats cannot be kept ({type(trouble).__name__})") from trouble


async def _locked(connection: AsyncConnection, chat_id: str) -> Chat:
    """The chat as it is now, until the transaction ends. (On SQLite the transaction itself is the lock.)"""
    row = (await connection.execute(select(chat_table).where(_chat.id == chat_id).with_for_update())).first()
    if row is None:
        raise ChatRefused(Refusal.NO_CHAT)
    return _as_chat(row)


async def _known(connection: AsyncConnection, chat_id: str, author: Author, client_id: str) -> Message | None:
    name = _message.chat_id == chat_id, _message.author == author.value, _message.client_id == client_id
    row = (await connection.execute(select(message_table).where(*name))).first()
    return _as_message(row) if row else None


async def _since_end(connection: AsyncConnection, chat: Chat) -> int:
    """How many messages came after the line that ended the chat."""
    if chat.is_open:
        return 0
    line = _message.chat_id == chat.id, _message.author == Author.SYSTEM.value, _message.client_id == "ended"
    ended = select(_message.seq).where(*line).scalar_subquery()
    query = select(func.count()).where(_message.chat_id == chat.id, _message.seq > ended)
    return int((await connection.execute(query)).scalar_one())


async def _append(connection: AsyncConnection, chat: Chat, message: Message) -> tuple[Chat, Message]:
    kept = replace(message, seq=chat.last_seq + 1)
    row = {field.name: getattr(kept, field.name) for field in fields(kept)}
    row |= {"chat_id": chat.id, "author": kept.author.value, "notice": kept.notice.value if kept.notice else None}
    await connection.execute(message_table.insert().values(row))
    await connection.execute(chat_table.update().where(_chat.id == chat.id).values(last_seq=kept.seq))
    return replace(chat, last_seq=kept.seq), kept


def _row_of(chat: Chat) -> dict[str, Any]:
    return {field.name: getattr(chat, field.name) for field in fields(chat)}


def _as_chat(row: Row[Any]) -> Chat:
    values = dict(row._mapping)
    del values["open_for"]
    ending = values["ending"]
    return Chat(**values | {"ending": Notice(ending) if ending else None})


def _as_message(row: Row[Any]) -> Message:
    values = dict(row._mapping)
    del values["chat_id"]
    notice = values["notice"]
    return Message(**values | {"author": Author(values["author"]), "notice": Notice(notice) if notice else None})
