"""Tickets and limits, with time as an argument."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.web_call_gate import (
    WINDOW_S,
    Limits,
    Ticket,
    TicketFault,
    TicketRefused,
    TooMany,
    Turnstile,
    UsedTickets,
    key_for,
    seal,
    unseal,
)

KEY = key_for("s3cret", "run-1")
TICKET = Ticket("serial-1", "page-1", "orders", "ru", until=160.0)


def fault_of(text: str, *, key: bytes = KEY, page: str = "page-1", now: float = 100.0) -> TicketFault:
    with pytest.raises(TicketRefused) as refused:
        unseal(text, key, page, now)
    return refused.value.fault


def test_a_ticket_comes_back_as_it_was_given() -> None:
    assert unseal(seal(TICKET, KEY), KEY, "page-1", 159.9) == TICKET


def test_a_ticket_ends_with_its_minute() -> None:
    assert fault_of(seal(TICKET, KEY), now=160.0) is TicketFault.EXPIRED


def test_a_ticket_is_of_one_browser_and_one_run() -> None:
    sealed = seal(TICKET, KEY)
    assert fault_of(sealed, page="page-2") is TicketFault.FORGED
    assert fault_of(sealed, page="") is TicketFault.FORGED
    assert fault_of(sealed, key=key_for("s3cret", "run-2")) is TicketFault.FORGED
    assert fault_of(sealed, key=key_for("other", "run-1")) is TicketFault.FORGED


@pytest.mark.parametrize("text", ["", ".", "a.b", "é.é", "\0", "a" * 1000, ".".join("abc")])
def test_rubbish_is_no_ticket(text: str) -> None:
    assert fault_of(text) is TicketFault.FORGED


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_ticket_is_no_ticket(at: int, by: int) -> None:
    sealed = bytearray(seal(TICKET, KEY).encode())
    at %= len(sealed)
    sealed[at] = (sealed[at] + by) % 128
    if bytes(sealed) != seal(TICKET, KEY).encode():
        assert fault_of(sealed.decode()) is TicketFault.FORGED


def test_what_we_sealed_ourselves_but_is_no_ticket_is_refused() -> None:
    body = base64.urlsafe_b64encode(b'{"serial": 1}')
    assert fault_of(f"{body.decode()}.{hmac.digest(KEY, body, hashlib.sha256).hex()}") is TicketFault.FORGED


def test_a_ticket_is_used_once() -> None:
    used = UsedTickets()
    used.take(TICKET, 100.0)
    used.take(replace(TICKET, serial="serial-2"), 100.0)
    with pytest.raises(TicketRefused) as refused:
        used.take(TICKET, 159.0)
    assert refused.value.fault is TicketFault.USED


def let_in(turnstile: Turnstile, address: str, now: float) -> TooMany | None:
    try:
        turnstile.enter(address, now)
    except TooMany as many:
        return many
    return None


def test_an_address_has_so_many_calls_at_once_and_the_house_so_many() -> None:
    turnstile = Turnstile(Limits(live=3, live_per_address=2))
    assert [let_in(turnstile, "192.0.2.1", 0.0) for _ in range(2)] == [None, None]
    refused = let_in(turnstile, "192.0.2.1", 0.0)
    assert refused is not None
    assert refused.yours
    assert let_in(turnstile, "192.0.2.2", 0.0) is None
    full = let_in(turnstile, "192.0.2.3", 0.0)
    assert full is not None
    assert not full.yours
    turnstile.leave("192.0.2.1")
    assert let_in(turnstile, "192.0.2.3", 0.0) is None


def test_tries_are_counted_over_a_minute_and_told_when_to_come_again() -> None:
    turnstile = Turnstile(Limits(tries_per_address=2, tries=3))
    for at in (0.0, 10.0):
        turnstile.enter("192.0.2.1", at)
        turnstile.leave("192.0.2.1")
    refused = let_in(turnstile, "192.0.2.1", 20.0)
    assert refused is not None
    assert (refused.yours, refused.retry_after_s) == (True, 40)
    turnstile.enter("192.0.2.2", 20.0)
    busy = let_in(turnstile, "192.0.2.3", 20.0)
    assert busy is not None
    assert (busy.yours, busy.retry_after_s) == (False, 40)
    assert let_in(turnstile, "192.0.2.1", WINDOW_S) is None


def test_a_refused_call_counts_as_a_try_so_that_knocking_ends() -> None:
    turnstile = Turnstile(Limits(live_per_address=1, tries_per_address=3))
    answers = [let_in(turnstile, "192.0.2.1", float(at)) for at in range(5)]
    assert [answer and answer.retry_after_s for answer in answers] == [None, 30, 30, 57, 56]
