"""What a chat is told and takes: texts, names, addresses, paces, presence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.channel import Arrival, ChannelKind, Direction, Dismissal
from cordboard.queue.channels.conversation import (
    LEAVE_WITHIN,
    LEFT_AT_MOST,
    MAX_NAME,
    MAX_TEXT,
    Author,
    Chat,
    ChatRefused,
    ChatRules,
    Notice,
    Presence,
    Refusal,
    chat_id_of,
    harmless,
    may_write,
    message_text,
    presence,
    visitor_name,
    wait_s,
)
from cordboard.queue.channels.guests import TYPING_S, Guests
from cordboard.queue.channels.views import Phase, ending_by, ending_of, first_name, phase_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHAT = Chat("c", "hash", "origin", "orders", "Анна", "ru", NOW)


def refused(text: str) -> Refusal:
    with pytest.raises(ChatRefused) as refusal:
        message_text(text)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Здравствуйте!\n", "Здравствуйте!"),
        ("один\r\nдва\rтри", "один\nдва\nтри"),
        ("a\tb\x00\x07\x1b[31mc\x7f\x85", "a b[31mc"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("👩‍👧 семья\u200dвместе", "👩‍👧 семья\u200dвместе"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("половина \ud83d буквы", "половина  буквы"),
    ],
)
def test_text_is_kept_as_typed_but_for_what_does_harm(typed: str, kept: str) -> None:
    assert message_text(typed) == kept


def test_the_limit_is_4000_letters_whatever_they_are() -> None:
    assert message_text("я" * MAX_TEXT) == "я" * MAX_TEXT
    assert message_text("😀" * MAX_TEXT) == "😀" * MAX_TEXT
    assert refused("я" * (MAX_TEXT + 1)) is Refusal.TOO_LONG
    assert refused("x" * 100_000) is Refusal.TOO_LONG
    assert message_text("a" * MAX_TEXT + "\n\n\x00") == "a" * MAX_TEXT


@pytest.mark.parametrize("empty", ["", " \n\t ", "\x00\x01", "\ud800", "\u202e"])
def test_nothing_is_no_message(empty: str) -> None:
    assert refused(empty) is Refusal.EMPTY


@given(st.text(max_size=300))
def test_what_is_kept_can_be_stored_and_stays_the_same(text: str) -> None:
    kept = harmless(text)
    assert kept.encode("utf-8").decode() == kept
    assert "\x00" not in kept
    assert harmless(kept) == kept


def test_a_name_is_one_short_line() -> None:
    assert visitor_name("  Анна\nСергеевна\t Иванова ") == "Анна Сергеевна Иванова"
    assert visitor_name("<img src=x onerror=alert(1)>") == "<img src=x onerror=alert(1)>"
    assert len(visitor_name("я" * 100_000)) == MAX_NAME
    assert visitor_name("\u202e\x00") == ""


def test_an_open_chat_takes_everybodys_words_and_an_ended_one_only_the_message_it_asked_for() -> None:
    assert may_write(CHAT, Author.AGENT, 0, NOW)

    def ended(how: Notice) -> Chat:
        return Chat("c", "hash", "origin", "orders", "", "ru", NOW, ending=how, ended_at=NOW)

    assert not may_write(ended(Notice.AGENT_ENDED), Author.VISITOR, 0, NOW)
    asked = ended(Notice.MESSAGE)
    assert may_write(asked, Author.VISITOR, 0, NOW + LEAVE_WITHIN)
    assert not may_write(asked, Author.VISITOR, 0, NOW + LEAVE_WITHIN + timedelta(seconds=1))
    assert not may_write(asked, Author.VISITOR, LEFT_AT_MOST, NOW)
    assert not may_write(asked, Author.AGENT, 0, NOW)


def test_presence_follows_silence() -> None:
    rules = ChatRules(away_s=5, grace_s=120)
    seen = [presence(silent, rules) for silent in (0, 4.9, 5, 119.9, 120, 9999)]
    assert seen == [Presence.PRESENT] * 2 + [Presence.AWAY] * 2 + [Presence.GONE] * 2


def test_the_pace_frees_a_place_when_the_oldest_is_old_enough() -> None:
    assert wait_s([], 3, 10, 100) == 0
    assert wait_s([91, 95, 99], 3, 10, 100) == 1
    assert wait_s([91, 95, 99], 3, 10, 101) == 0
    assert wait_s([95, 96, 99.5], 3, 10, 100) == 5


def test_twenty_messages_in_ten_seconds_and_no_more() -> None:
    guests = Guests(ChatRules())
    waits: list[int] = []

    def speak(now: float) -> bool:
        try:
            guests.speak("c", now)
        except ChatRefused as refusal:
            waits.append(refusal.retry_after_s)
            return False
        return True

    taken = sum(speak(step * 0.06) for step in range(1000))  # 1000 in a minute
    assert taken == 120
    assert len(waits) == 880
    assert set(waits) <= set(range(1, 11))
    guests.speak("other", 59.0)  # nobody else waits for it


def test_new_chats_are_counted_by_address() -> None:
    guests = Guests(ChatRules(begins=3, begins_within_s=60, open_at_once=5))
    for now in (0.0, 1.0, 2.0):
        guests.begin("here", 0, now)
    with pytest.raises(ChatRefused) as refusal:
        guests.begin("here", 0, 3.0)
    assert (refusal.value.reason, refusal.value.retry_after_s) == (Refusal.TOO_MANY_NEW, 57)
    guests.begin("there", 0, 3.0)
    guests.tidy((), 63.0)
    guests.begin("here", 4, 61.0)
    with pytest.raises(ChatRefused) as refusal:
        guests.begin("there", 5, 500.0)
    assert refusal.value.reason is Refusal.TOO_MANY_OPEN


def test_a_visitor_is_there_while_one_of_his_pages_is_live_or_asks() -> None:
    guests = Guests(ChatRules(away_s=5, grace_s=120))
    guests.expect("c", 0.0)
    assert guests.presence("c", 119.0) is Presence.AWAY
    guests.opened("c", 119.0)
    guests.opened("c", 119.0)
    guests.closed("c", 130.0)
    assert guests.presence("c", 9999.0) is Presence.PRESENT
    guests.closed("c", 10_000.0)
    guests.closed("c", 10_050.0)  # once too often
    assert guests.presence("c", 10_119.0) is Presence.AWAY
    guests.heard("c", 10_119.0)
    assert guests.presence("c", 10_120.0) is Presence.PRESENT
    assert guests.presence("c", 10_239.0) is Presence.GONE


def test_the_pace_of_a_visitor_outlives_the_end_of_his_chat() -> None:
    guests = Guests(ChatRules(says=1, says_within_s=10))
    guests.speak("c", 0.0)
    guests.tidy((), 9.0)
    with pytest.raises(ChatRefused):
        guests.speak("c", 9.0)
    guests.tidy(("c",), 99.0)
    guests.closed("c", 99.0)
    guests.tidy((), 99.0)
    assert guests.presence("c", 99.0) is Presence.PRESENT  # nothing was known of him any more


def test_typing_is_forgotten_soon() -> None:
    guests = Guests(ChatRules())
    guests.expect("c", 0.0).visitor_typed = 1.0
    assert guests.visitor_types("c", 1.0 + TYPING_S - 0.1)
    assert not guests.visitor_types("c", 1.0 + TYPING_S)
    assert not guests.agent_types("c", 1.0)
    guests.expect("c", 0.0).agent_typed = 1.0
    guests.speak("c", 2.0)
    assert not guests.visitor_types("c", 2.0)
    assert guests.agent_types("c", 2.0)


def test_phases_and_endings() -> None:
    arrival = Arrival(ChannelKind.CHAT, Direction.INBOUND, "orders", "chat/c")
    contact = contacts.advance(contacts.arrive("k", arrival, NOW), contact_events.Queued(NOW))
    talking = contacts.advance(contact, contact_events.Connected(NOW, "maria"))
    assert phase_of(CHAT, None) is phase_of(CHAT, contact) is Phase.WAITING
    assert phase_of(CHAT, talking) is Phase.TALKING
    left = contacts.advance(contact, contact_events.CustomerLeft(NOW, "visitor_gone"))
    assert ending_of(left) is Notice.VISITOR_GONE
    assert ending_of(contacts.advance(talking, contact_events.TalkEnded(NOW))) is Notice.AGENT_ENDED
    shown = {how: ending_by(how) for how in Dismissal}
    assert shown[Dismissal.MESSAGE] is shown[Dismissal.VOICEMAIL] is Notice.MESSAGE
    assert (shown[Dismissal.CLOSED], shown[Dismissal.FULL]) == (Notice.CLOSED, Notice.FULL)
    assert shown[Dismissal.CALLBACK] is None
    assert chat_id_of("chat/17") == "17"
    assert chat_id_of("cordboard/boot/1.7") is None
    assert first_name(" Мария Соколова ") == "Мария"
    assert first_name("") == ""
