"""Users, sign-in, sessions, keys and audit, on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from cordboard.access.bootstrap import first_start
from cordboard.access.living import KNOWN_S, LivingSessions
from cordboard.access.password import PasswordKeeper, WeakPassword, digest, new_password
from cordboard.access.permission import ROLE_PERMISSIONS, Permission, Role
from cordboard.access.store import SESSION_IDLE, AccessStore
from cordboard.access.tables import user_sessions
from cordboard.access.user import LoginTaken, TooManyAttempts, User
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import HandClock
from tests.fakes.passwords import quick_keeper

PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(database: Database, clock: HandClock) -> AccessStore:
    return AccessStore(database, clock, random_ids, keeper=quick_keeper())


async def olga(store: AccessStore, password: str | None = PASSWORD) -> User:
    return await store.create_user("Olga", "Ольга Ким", Role.OPERATOR, password)


async def test_a_user_signs_in_by_any_case_of_the_login(store: AccessStore) -> None:
    user = await olga(store)
    assert await store.check_password(" OLGA ", PASSWORD) == user
    assert await store.user(user.id) == user
    assert await store.users() == [user]
    assert user.sip_name.startswith("agent-")
    assert len(user.sip_name) == 14


async def test_a_login_is_taken_once(store: AccessStore) -> None:
    await olga(store)
    with pytest.raises(LoginTaken):
        await store.create_user("oLGA", "Другая", Role.QA, PASSWORD)


async def test_a_short_password_is_refused_before_anything_is_written(store: AccessStore) -> None:
    with pytest.raises(WeakPassword):
        await olga(store, "short")
    assert await store.users() == []


async def test_wrong_unknown_switched_off_and_without_a_password_are_all_nobody(store: AccessStore) -> None:
    user = await olga(store)
    await store.create_user("phone", "Телефон", Role.OPERATOR, None)
    assert await store.check_password("olga", "not the password") is None
    assert await store.check_password("nobody", PASSWORD) is None
    assert await store.check_password("phone", "") is None
    await store.set_active(user.id, False)
    assert await store.check_password("olga", PASSWORD) is None


async def test_five_failures_close_the_account_for_five_minutes(store: AccessStore, clock: HandClock) -> None:
    await olga(store)
    for left in (4, 3, 2, 1, 0):
        assert await store.check_password("olga", "wrong wrong wrong") is None
        assert await store.attempts_left("olga") == left
        clock.move(seconds=10)
    with pytest.raises(TooManyAttempts) as closed:
        await store.check_password("olga", PASSWORD)
    assert closed.value.retry_after_s == 250
    clock.move(seconds=250)
    assert await store.check_password("olga", PASSWORD) is not None
    assert await store.attempts_left("olga") == 5


async def test_tries_at_once_are_counted_one_by_one(store: AccessStore) -> None:
    await olga(store)
    tries = (store.check_password("olga", f"wrong number {n:04}") for n in range(12))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 7
    assert answers.count(None) == 5


async def test_an_address_that_tries_many_accounts_is_closed(store: AccessStore) -> None:
    await olga(store)
    for n in range(30):
        assert await store.check_password(f"user{n}", "wrong wrong wrong", "192.0.2.7") is None
    with pytest.raises(TooManyAttempts):
        await store.check_password("olga", PASSWORD, "192.0.2.7")
    assert await store.check_password("olga", PASSWORD, "192.0.2.8") is not None


async def test_a_session_lives_while_it_is_used_and_not_beyond_a_shift(store: AccessStore, clock: HandClock) -> None:
    user = await olga(store)
    token = await store.open_session(user.id, "Chromium")
    for _ in range(11):
        clock.move(hours=1)
        assert await store.touch_sessions([token, "nobody's"]) == {token}
    clock.move(hours=1)
    assert await store.session_user(token) is None


async def test_an_idle_session_ends(store: AccessStore, clock: HandClock) -> None:
    token = await store.open_session((await olga(store)).id, "Chromium")
    clock.move(seconds=SESSION_IDLE.total_seconds() - 1)
    assert await store.session_user(token) is not None
    clock.move(seconds=SESSION_IDLE.total_seconds())
    assert await store.session_user(token) is None
    assert await store.touch_sessions([token]) == set()


async def test_closed_switched_off_or_with_a_new_password_a_session_is_over(store: AccessStore) -> None:
    user = await olga(store)
    first, second, third = [await store.open_session(user.id, "Chromium") for _ in range(3)]
    await store.close_session(first)
    assert await store.session_user(first) is None
    assert await store.session_user(second) == user
    await store.set_password(user.id, "another long password")
    assert await store.session_user(second) is None
    assert await store.session_user(third) is None
    token = await store.open_session(user.id, "Chromium")
    await store.set_active(user.id, False)
    await store.set_active(user.id, True)
    assert await store.session_user(token) is None
    assert await store.check_password("olga", "another long password") is not None


async def test_the_table_does_not_hold_the_token(store: AccessStore, database: Database) -> None:
    token = await store.open_session((await olga(store)).id, "Chromium")
    async with database.read() as connection:
        row = (await connection.execute(user_sessions.select())).one()
    assert row.token_hash == digest(token)
    assert token not in str(row)


async def test_an_api_key_is_a_user_until_it_is_revoked(store: AccessStore) -> None:
    secret = await store.create_api_key("shop", Role.API)
    program = await store.api_key_user(secret)
    assert program is not None
    assert (program.name, program.role, program.sip_name) == ("shop", Role.API, "")
    assert program.can(Permission.ORDERS_POST)
    assert not program.can(Permission.USERS_ADMIN)
    assert await store.api_key_user(secret + "x") is None
    await store.revoke_api_key(program.id)
    assert await store.api_key_user(secret) is None


async def test_language_is_kept(store: AccessStore) -> None:
    user = await olga(store)
    await store.set_language(user.id, "en")
    again = await store.user(user.id)
    assert again is not None
    assert again.language == "en"


async def test_teams_have_members(store: AccessStore) -> None:
    user = await olga(store)
    night = await store.create_team("Ночь", (user.id,))
    empty = await store.create_team("День")
    assert await store.teams() == [empty, night]
    assert night.member_ids == (user.id,)


async def test_the_audit_trail_reads_newest_first_by_page(store: AccessStore, clock: HandClock) -> None:
    for number in range(5):
        clock.move(seconds=1)
        await store.audit("boss", "campaign.start", f"c{number}", {"number": number})
    await store.audit(None, "user.create", "u1", {})
    first = await store.audit_rows(limit=2, action="campaign.start")
    assert [row.subject for row in first] == ["c4", "c3"]
    rest = await store.audit_rows(before=first[-1].at, action="campaign.start")
    assert [row.detail["number"] for row in rest] == [2, 1, 0]
    assert [row.actor_id for row in await store.audit_rows(subject="u1")] == [None]


async def test_the_first_start_makes_one_administrator(store: AccessStore) -> None:
    told: list[tuple[str, str]] = []
    admin = await first_start(store, lambda login, password: told.append((login, password)))
    assert admin is not None
    assert admin.role is Role.ADMIN
    assert await first_start(store, lambda login, password: told.append((login, password))) is None
    [(login, password)] = told
    assert await store.check_password(login, password) == admin


async def test_no_administrator_whose_password_nobody_could_keep(store: AccessStore) -> None:
    def broken(_login: str, _password: str) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await first_start(store, broken)
    assert await store.users() == []


def test_drawn_passwords_differ_and_are_long_enough() -> None:
    drawn = {new_password() for _ in range(100)}
    assert len(drawn) == 100
    assert all(len(password) == 19 for password in drawn)


async def test_a_missing_user_costs_a_hash_too() -> None:
    """The same function with the same kind of hash is called, whoever asks: what the answer's time could tell is the same."""
    keeper = PasswordKeeper()
    assert not await keeper.matches(PASSWORD, None)
    stored = await keeper.hash(PASSWORD)
    assert stored.split("$")[1:4] == keeper.nobody.split("$")[1:4]
    assert await keeper.matches(PASSWORD, stored)
    assert not await keeper.matches(PASSWORD, "not a hash")


async def test_secrets_come_from_the_given_source(database: Database, clock: HandClock) -> None:
    numbers = count(1)
    store = AccessStore(database, clock, random_ids, secret=lambda: f"secret-{next(numbers)}")
    user = await store.create_user("a", "A", Role.OPERATOR, None)
    assert user.sip_secret == "secret-1"
    assert await store.open_session(user.id, "") == "secret-2"
    assert "secret-1" not in repr(user)


def test_roles_hold_what_the_design_says() -> None:
    holders = {permission: {role for role in Role if permission in ROLE_PERMISSIONS[role]} for permission in Permission}
    assert holders[Permission.DESK_WORK] == {Role.OPERATOR}
    assert holders[Permission.USERS_ADMIN] == {Role.ADMIN}
    assert holders[Permission.ORDERS_POST] == {Role.ADMIN, Role.API}
    assert holders[Permission.RECORDING_LISTEN] == {Role.ADMIN, Role.SUPERVISOR, Role.QA}
    assert holders[Permission.CAMPAIGN_STEER] == {Role.ADMIN, Role.SUPERVISOR}
    assert all(holders.values())


async def test_a_session_found_alive_is_believed_for_a_while_and_no_longer(
    store: AccessStore, clock: HandClock, database: Database
) -> None:
    """What another process ends, this one hears within the time."""
    user = await olga(store)
    token = await store.open_session(user.id, "browser")
    other = AccessStore(database, clock, random_ids, keeper=quick_keeper())
    assert await store.session_user(token) == user
    await other.close_session(token)
    assert await store.session_user(token) == user
    clock.move(seconds=KNOWN_S)
    assert await store.session_user(token) is None


async def test_what_this_house_changes_of_a_user_his_next_request_knows(store: AccessStore) -> None:
    user = await olga(store)
    token = await store.open_session(user.id, "browser")
    await store.session_user(token)
    await store.set_language(user.id, "en")
    assert await store.session_user(token) == replace(user, language="en")
    await store.set_active(user.id, False)
    assert await store.session_user(token) is None


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    living, now = LivingSessions(), datetime(2026, 11, 28, tzinfo=UTC)
    user = User("u", "olga", "Ольга", Role.OPERATOR, "ru", True, None, "agent-1", "s")
    read_at = living.age
    living.forget()
    living.keep("token", user, now, 0.0, read_at)
    assert living.recall("token", 0.0) is None
    living.keep("token", user, now, 0.0, living.age)
    assert living.recall("token", KNOWN_S - 1) is not None
    assert living.recall("token", KNOWN_S) is None
