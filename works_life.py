"""An engine's life, part of the works: what it does at its start, all the time, and at its end."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

from .queue.channel import ChannelKind, WireDown
from .queue.contact import TALKING_STATES, Contact, ContactState
from .queue.desk import Desk
from .storage.collector import Collector
from .storage.database import NO_EPOCH
from .works import Works

TICK_S = 0.5
SWEEP_BOOKINGS_S = 5.0
LAST_WORDS_S = 1.0


async def start_asterisk(works: Works) -> None:
    await works.desk.apply(await works.setup.first(works.settings.queue_name))
    await works.line.start(await works.operators.all(), works.numbers.ours(), works.endpoints.asterisk_started)


async def start_desk(works: Works) -> None:
    await works.desk.load()
    await works.operators.load()
    works.setup.on_change.append(works.setup_changed)
    await works.chat.resync()
    await works.desk.wire_changed(ChannelKind.CHAT, up=True)
    for attempt in await works.dialer.in_flight():
        works.voice.adopt_call(attempt.id, works.settings.dial_ring_s, answered=attempt.answered_at is not None)
    # a result that is in the journal is the lead's before any call of its is said to be over
    await works.desk.resume_follow_ups()
    works.voice.dialogs.start()
    await works.voice.screening.start()
    await works.ami.start()
    await works.orders.tell_all()
    await works.dialer.recover()


def background(works: Works) -> dict[str, Callable[[], Coroutine[None, None, None]]]:
    """What runs beside the pages all the time, by name."""
    return {
        "heartbeat": works.voice.beat_forever,
        "check of the calls": works.voice.check_forever,
        "announcements": works.voice.announce_forever,
        "fallback": works.fallback.mirror_forever,
        "chat room": works.chat.watch_forever,
        "booked calls": lambda: sweep_bookings_forever(works),
        "calls from the site": works.web_calls.run,
        "desk's clock": lambda: tick_forever(works),
        "event loop's watch": works.timings.watch_loop,
        "live news": lambda: works.live.follow(works.desk),
        "sweeper of recordings": works.takes.sweep_forever,
        "sweeper of screened calls": works.screened.sweep_forever,
        "collector of garbage": Collector().run,
        "lists of leads": works.imports.run,
        "orders to tell again": works.orders.tell_again_forever,
        "post": works.post.run,
    }


async def tick_forever(works: Works) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        await works.desk.tick()


async def sweep_bookings_forever(works: Works) -> None:
    while True:
        await asyncio.sleep(SWEEP_BOOKINGS_S)
        await works.bookings.sweep()


async def drain(works: Works, patience_s: float) -> None:
    """Nothing new is offered. Talks get a moment to end while we are here to hear their results; not while somebody waits on the
    line, for the next engine is to serve him soon. Talks, callers and chats outlive us."""
    for kind in (ChannelKind.VOICE, ChannelKind.CHAT):
        await works.desk.wire_changed(kind, up=False)
    await _let_ring_no_more(works)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s), works.desk.subscribe() as changes:
            while _has_only_talks(works.desk):
                await changes.get()


async def _let_ring_no_more(works: Works) -> None:
    """Whom we are dialing would answer to nobody; he is called again in a minute."""
    with suppress(WireDown):
        for attempt in await works.dialer.in_flight():
            if attempt.answered_at is None:
                await works.voice.cancel(attempt.id)


def _has_only_talks(desk: Desk) -> bool:
    calls = [one for one in desk.contacts() if _is_call(one) and one.is_open and not one.is_kept_place]
    on_line = [one.state for one in calls if one.state is not ContactState.WRAP_UP]
    return bool(on_line) and TALKING_STATES.issuperset(on_line)


def _is_call(contact: Contact) -> bool:
    return contact.kind is ChannelKind.VOICE


async def fall_silent(works: Works) -> None:
    """Asterisk is told nothing any more, and calls go on; what was on its way to it is looked up by the engine that leads next."""
    await works.ami.stop()


async def last_words(works: Works) -> None:
    """What is decided is written down while we may; pages end, so that their going decides nothing more."""
    works.live.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            await works.desk.settle()


async def hand_over(works: Works) -> None:
    """The lease was given up, another engine may lead: nothing is written any more."""
    works.db.fence(NO_EPOCH)
    await works.voice.dialogs.stop()
    await works.voice.screening.stop()
    await works.web_calls.stop()


async def settle(works: Works) -> None:
    """Wait for what runs in the background: follow-ups, recordings that are being kept. Who is in a spoken dialog waits again."""
    await works.voice.dialogs.stop()
    await works.voice.screening.stop()
    await works.web_calls.stop()
    await works.desk.settle()
    await works.takes.settle()
    await works.screened.settle()
