"""Users, sessions, API keys, teams and the audit trail in tables."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from . import throttle
from .living import LivingSessions
from .password import PasswordKeeper, digest, new_secret
from .permission import Role
from .tables import api_keys, audit_trail, sign_in_tries, team_members, teams, user_sessions, users
from .user import AuditRow, Language, LoginTaken, Team, TooManyAttempts, User

SESSION_LIFE = timedelta(hours=12)  # one shift and its overtime, whatever happens
SESSION_IDLE = timedelta(hours=2)  # an open live stream counts as activity (touch_sessions)
_AT_ONCE = 50  # sessions in one query: a longer list takes more of the event loop at once than its savings are worth
_TOUCH_EVERY = timedelta(minutes=1)  # so that reading a page is not a write each time
_TOUCH_ALONE = timedelta(
    seconds=100
)  # a page with a live stream is touched by that, together with fifty others in one write


class AccessStore:
    """Who may come in, and what they did. Every method is one transaction."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        *,
        secret: Callable[[], str] = new_secret,
        keeper: PasswordKeeper | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._keeper = keeper or PasswordKeeper()
        self._living = LivingSessions()

    # --- people -------------------------------------------------------------------------------------------------------

    async def create_user(
        self,
        login: str,
        name: str,
        role: Role,
        password: str | None,
        language: Language = "ru",
        device_uri: str | None = None,
    ) -> User:
        """A new active user; without a password they cannot sign in. Raises LoginTaken, WeakPassword."""
        password_hash = None if password is None else await self._keeper.hash(password)
        user_id = self._ids()
        user = User(
            user_id,
            _login(login),
            name,
            role,
            language,
            True,
            device_uri,
            f"agent-{digest(user_id)[:8]}",
            self._secret(),
        )
        try:
            async with self._db.write() as connection:
                await connection.execute(
                    insert(users).values(
                        id=user.id,
                        login=user.login,
                        name=user.name,
                        role=user.role.value,
                        language=user.language,
                        active=True,
                        password_hash=password_hash,
                        device_uri=user.device_uri,
                        sip_name=user.sip_name,
                        sip_secret=user.sip_secret,
                        created_at=self._clock.now(),
                    )
                )
        except IntegrityError as clash:
            raise LoginTaken(user.login) from clash
        return user

    async def users(self) -> list[User]:
        """Everybody, by name; also those who are switched off."""
        async with self._db.read() as connection:
            rows = await connection.execute(select(users).order_by(users.c.name, users.c.id))
            return [_user(row) for row in rows]

    async def user(self, user_id: str) -> User | None:
        async with self._db.read() as connection:
            row = (await connection.execute(select(users).where(users.c.id == user_id))).first()
        return None if row is None else _user(row)

    async def user_by_login(self, login: str) -> User | None:
        async with self._db.read() as connection:
            row = (await connection.execute(select(users).where(users.c.login == _login(login)))).first()
        return None if row is None else _user(row)

    async def set_language(self, user_id: str, language: Language) -> None:
        await self._change(user_id, language=language)

    async def set_chords(self, user_id: str, chords: Mapping[str, str]) -> None:
        """The keys that this user chose for the desk's commands, all of them."""
        await self._change(user_id, chords=dict(chords))

    async def set_password(self, user_id: str, password: str) -> None:
        """A new password; every session of the user ends. Raises WeakPassword."""
        await self._change(user_id, password_hash=await self._keeper.hash(password))
        await self._close_sessions_of(user_id)

    async def set_own_number(self, user_id: str, number: str | None) -> None:
        """A telephone (E.164) for a talk whose page does not come back; None for none."""
        await self._change(user_id, own_number=number)

    async def set_active(self, user_id: str, active: bool) -> None:
        """Switch a user off (their sessions end at once) or on again."""
        await self._change(user_id, active=active)
        if not active:
            await self._close_sessions_of(user_id)

    async def _change(self, user_id: str, **values: Any) -> None:
        async with self._forgetting(), self._db.write() as connection:
            await connection.execute(update(users).where(users.c.id == user_id).values(**values))

    @asynccontextmanager
    async def _forgetting(self) -> AsyncIterator[None]:
        """Around what ends sessions or changes users: nothing that was read before the commit is believed after it."""
        try:
            yield
        finally:
            self._living.forget()

    # --- signing in ---------------------------------------------------------------------------------------------------

    async def check_password(self, login: str, password: str, address: str = "") -> User | None:
        """The active user behind login and password, or None. Raises TooManyAttempts.

        The try is written down before the password is looked at, so that a thousand tries at once are still counted one by one.
        """
        account = _login(login)
        await self._count_try(account, address[:100])
        async with self._db.read() as connection:
            row = (await connection.execute(select(users).where(users.c.login == account))).first()
        right = await self._keeper.matches(password, row.password_hash if row is not None else None)
        if row is None or not right or not row.active:
            return None
        async with self._db.write() as connection:
            await connection.execute(delete(sign_in_tries).where(sign_in_tries.c.login == account))
        return _user(row)

    async def attempts_left(self, login: str) -> int:
        """How many wrong passwords this account still has before it is closed for a while."""
        since = self._clock.now() - throttle.WINDOW
        recent = select(func.count()).where(sign_in_tries.c.login == _login(login), sign_in_tries.c.at > since)
        async with self._db.read() as connection:
            used = (await connection.execute(recent)).scalar_one()
        return max(0, throttle.PER_ACCOUNT - int(used))

    async def _count_try(self, account: str, address: str) -> None:
        now = self._clock.now()
        async with self._db.write() as connection:
            if not self._db.is_sqlite:  # there two tries at once would not see each other
                await connection.execute(text("LOCK TABLE sign_in_try IN SHARE ROW EXCLUSIVE MODE"))
            await connection.execute(delete(sign_in_tries).where(sign_in_tries.c.at <= now - throttle.WINDOW))
            rows = (
                await connection.execute(
                    select(sign_in_tries).where(
                        or_(
                            sign_in_tries.c.login == account,
                            and_(sign_in_tries.c.address == address, sign_in_tries.c.address != ""),
                        )
                    )
                )
            ).all()
            wait = max(
                throttle.wait_s([row.at for row in rows if row.login == account], throttle.PER_ACCOUNT, now),
                throttle.wait_s(
                    [row.at for row in rows if address and row.address == address], throttle.PER_ADDRESS, now
                ),
            )
            if wait:
                raise TooManyAttempts(wait)
            await connection.execute(
                insert(sign_in_tries).values(id=self._ids(), login=account, address=address, at=now)
            )

    # --- sessions -----------------------------------------------------------------------------------------------------

    async def open_session(self, user_id: str, user_agent: str) -> str:
        """A new session; the returned token is known to the browser only, the table keeps its SHA-256."""
        token, now = self._secret(), self._clock.now()
        async with self._db.write() as connection:
            await connection.execute(delete(user_sessions).where(user_sessions.c.opened_at <= now - SESSION_LIFE))
            await connection.execute(
                insert(user_sessions).values(
                    token_hash=digest(token), user_id=user_id, user_agent=user_agent[:300], opened_at=now, seen_at=now
                )
            )
        return token

    async def session_user(self, token: str) -> User | None:
        """The active user of a living session. Looking counts as activity, written down every 100 s unless a live stream did."""
        now, token_hash = self._clock.now(), digest(token)
        known = self._living.recall(token_hash, self._clock.monotonic())
        if known is not None and now - known.seen_at < _TOUCH_ALONE:
            return known.user
        age = self._living.age
        async with self._db.read() as connection:
            row = (await connection.execute(_living(now, [token_hash]))).first()
        if row is None:
            return None
        due = now - row.seen_at >= _TOUCH_ALONE
        if due:
            await self._touch([token_hash], now)
        user = _user(row)
        self._living.keep(token_hash, user, now if due else row.seen_at, self._clock.monotonic(), age)
        return user

    async def touch_sessions(self, tokens: Collection[str]) -> set[str]:
        """For live streams: keeps these sessions awake; those of them that live. The others ended (signed out, switched off, 12 h over)."""
        now, by_hash = self._clock.now(), {digest(token): token for token in tokens}
        hashes, living, due = list(by_hash), set[str](), list[str]()
        age = self._living.age
        for begin in range(0, len(hashes), _AT_ONCE):
            async with self._db.read() as connection:
                rows = (await connection.execute(_living(now, hashes[begin : begin + _AT_ONCE]))).all()
            living |= {by_hash[row.token_hash] for row in rows}
            for row in rows:
                self._living.keep(row.token_hash, _user(row), _seen(row, now), self._clock.monotonic(), age)
            due += [row.token_hash for row in rows if now - row.seen_at >= _TOUCH_EVERY]
        for begin in range(0, len(due), _AT_ONCE):
            await self._touch(due[begin : begin + _AT_ONCE], now)
        return living

    async def _touch(self, hashes: Sequence[str], now: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                update(user_sessions).where(user_sessions.c.token_hash.in_(hashes)).values(seen_at=now)
            )

    async def close_session(self, token: str) -> None:
        async with self._forgetting(), self._db.write() as connection:
            await connection.execute(delete(user_sessions).where(user_sessions.c.token_hash == digest(token)))

    async def _close_sessions_of(self, user_id: str) -> None:
        async with self._forgetting(), self._db.write() as connection:
            await connection.execute(delete(user_sessions).where(user_sessions.c.user_id == user_id))

    # --- programs -----------------------------------------------------------------------------------------------------

    async def create_api_key(self, name: str, role: Role = Role.API) -> str:
        """A new key. The returned secret is shown this once; the table keeps its SHA-256."""
        secret = f"cb_{self._secret()}"
        async with self._db.write() as connection:
            await connection.execute(
                insert(api_keys).values(
                    id=self._ids(), name=name, role=role.value, secret_hash=digest(secret), created_at=self._clock.now()
                )
            )
        return secret

    async def api_key_user(self, secret: str) -> User | None:
        """The program behind a key as a User: its id is the key's, its login `key:<name>`, its SIP name empty."""
        query = select(api_keys).where(api_keys.c.secret_hash == digest(secret), api_keys.c.revoked_at.is_(None))
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return User(row.id, f"key:{row.name}", row.name, Role(row.role), "en", True, None, "", "")

    async def revoke_api_key(self, key_id: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=self._clock.now())
            )

    # --- teams --------------------------------------------------------------------------------------------------------

    async def create_team(self, name: str, member_ids: tuple[str, ...] = ()) -> Team:
        team = Team(self._ids(), name, tuple(sorted(member_ids)))
        async with self._db.write() as connection:
            await connection.execute(insert(teams).values(id=team.id, name=team.name))
            for user_id in team.member_ids:
                await connection.execute(insert(team_members).values(team_id=team.id, user_id=user_id))
        return team

    async def teams(self) -> list[Team]:
        query = (
            select(teams.c.id, teams.c.name, team_members.c.user_id)
            .outerjoin(team_members, team_members.c.team_id == teams.c.id)
            .order_by(teams.c.name, team_members.c.user_id)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        members: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            members.setdefault((row.id, row.name), []).extend([row.user_id] if row.user_id else [])
        return [Team(team_id, name, tuple(who)) for (team_id, name), who in members.items()]

    # --- the audit trail ----------------------------------------------------------------------------------------------

    async def audit(self, actor_id: str | None, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        """Write down what was done; `detail` holds no secret. Rows are never changed or removed."""
        async with self._db.write() as connection:
            await connection.execute(
                insert(audit_trail).values(
                    id=self._ids(),
                    at=self._clock.now(),
                    actor_id=actor_id,
                    action=action,
                    subject=subject,
                    detail=dict(detail),
                )
            )

    async def audit_rows(
        self, limit: int = 100, before: datetime | None = None, action: str | None = None, subject: str | None = None
    ) -> list[AuditRow]:
        """Newest first; `before` is the instant of the last row already seen."""
        query = select(audit_trail).order_by(audit_trail.c.at.desc(), audit_trail.c.id).limit(limit)
        if before is not None:
            query = query.where(audit_trail.c.at < before)
        if action is not None:
            query = query.where(audit_trail.c.action == action)
        if subject is not None:
            query = query.where(audit_trail.c.subject == subject)
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [AuditRow(row.id, row.at, row.actor_id, row.action, row.subject, row.detail) for row in rows]


def _living(now: datetime, hashes: Sequence[str]) -> Select[Any]:
    """The active users behind these sessions, as far as they live."""
    return (
        select(users, user_sessions.c.seen_at, user_sessions.c.token_hash)
        .join(user_sessions, user_sessions.c.user_id == users.c.id)
        .where(
            user_sessions.c.token_hash.in_(hashes),
            user_sessions.c.opened_at > now - SESSION_LIFE,
            user_sessions.c.seen_at > now - SESSION_IDLE,
            users.c.active,
        )
    )


def _seen(row: Row[Any], now: datetime) -> datetime:
    """When the session was last seen, as the table says, or will say when it has been touched."""
    return now if now - row.seen_at >= _TOUCH_EVERY else row.seen_at


def _login(typed: str) -> str:
    """Logins are told apart without case and outer blanks; NUL has no place in a PostgreSQL text."""
    return typed.replace("\0", "").strip().casefold()[:100]


def _user(row: Row[Any]) -> User:
    return User(
        row.id,
        row.login,
        row.name,
        Role(row.role),
        "en" if row.language == "en" else "ru",
        bool(row.active),
        row.device_uri,
        row.sip_name,
        row.sip_secret,
        row.own_number,
        row.chords or {},
    )
