"""What an AMI link must keep, whoever makes it. Green on ours; `--ami=panoramisk` judges bare panoramisk instead.

`prove_ami.py` lists which of these bare panoramisk breaks, and shows both side by side.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest

from cordboard.telephony.ami_actions import ActionOutcomeUnknown, ActionTimeout, BadValue, LinkDown
from tests.fakes.ami_subject import BarePanoramisk, OurAmi, Subject, Value
from tests.fakes.asterisk_wire import FakeAsterisk, FakeChannel, Session
from tests.fakes.asterisk_words import every_byte
from tests.fakes.wait import until

CALL: Mapping[str, Value] = {
    "Channel": "PJSIP/100@trunk",
    "Context": "pd",
    "Exten": "s",
    "Priority": 1,
    "Async": "true",
}
LONG_S = 60.0  # for what both keep: a slow machine is no defect


@pytest.fixture
async def asterisk() -> AsyncIterator[FakeAsterisk]:
    fake = FakeAsterisk()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., Subject]:
    bare = request.config.getoption("--ami", default="ours") == "panoramisk"
    return BarePanoramisk if bare else OurAmi


@pytest.fixture
async def subject(asterisk: FakeAsterisk, make: Callable[..., Subject]) -> AsyncIterator[Subject]:
    client = make(asterisk.port)
    await client.start()
    await until(lambda: client.connected and client.heard.resyncs, "the first login", within_s=LONG_S)
    yield client
    await client.stop()


@pytest.fixture
def caller(asterisk: FakeAsterisk) -> FakeChannel:
    channel = FakeChannel("node1-1.1", "PJSIP/trunk-00000001")
    asterisk.channels[channel.uniqueid] = channel
    return channel


async def ending(asking: Awaitable[str], patience_s: float) -> str:
    """The answer or error of an action that must end by itself."""
    task = asyncio.ensure_future(asking)
    try:
        await until(task.done, "the end of the action", within_s=patience_s, every_s=0.01)
        return task.result()
    finally:
        task.cancel()


def user_events(subject: Subject) -> list[str]:
    return [kind for kind in subject.heard.kinds if kind not in ("FullyBooted", "NodeBooted")]


class TestText:
    async def test_no_letter_is_lost_at_any_cut(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.behaviour.cuts = every_byte
        asterisk.user_event("Name", caller, {"Name": "Иванова Ольга", "City": "Ачинск"})
        await until(lambda: subject.heard.of("Name"), "the event", within_s=subject.patience_s)
        seen = subject.heard.of("Name")[0]
        assert (seen["Name"], seen["City"]) == ("Иванова Ольга", "Ачинск")

    async def test_broken_utf8_is_shown_and_counted(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.emit("UserEvent", [*asterisk.about(caller), ("UserEvent", "Name"), ("Name", b"Iva\xd0\xffnova")])
        asterisk.user_event("After", caller, {})
        await until(lambda: subject.heard.of("After"), "the next event", within_s=subject.patience_s)
        assert "\ufffd" in subject.heard.of("Name")[0]["Name"]
        assert subject.broken_texts == 1
        assert subject.drops == 0

    async def test_an_empty_last_header_is_kept(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.user_event("Result", caller, {"Note": ""})
        await until(lambda: subject.heard.of("Result"), "the event", within_s=subject.patience_s)
        assert subject.heard.of("Result")[0].get("Note") == ""

    async def test_percent_signs_are_left_alone(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.user_event("Poll", caller, {"Result": "5%20off"})
        await until(lambda: subject.heard.of("Poll"), "the event", within_s=subject.patience_s)
        assert subject.heard.of("Poll")[0]["Result"] == "5%20off"

    async def test_stray_blank_lines_are_tolerated(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.emit_raw(b"\r\n")
        asterisk.user_event("One", caller, {})
        asterisk.emit_raw(b"\r\n\r\n")
        asterisk.user_event("Two", caller, {})
        await until(lambda: subject.heard.of("Two"), "the second event", within_s=LONG_S)
        assert subject.heard.of("One")
        assert (subject.drops, subject.set_aside) == (0, 0)


class TestPoison:
    async def test_an_overlong_event_is_set_aside(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.user_event("Huge", caller, {"Name": "x" * 10_240})
        asterisk.user_event("After", caller, {})
        await until(lambda: subject.heard.of("After"), "the next event", within_s=subject.patience_s)
        assert not subject.heard.of("Huge")
        assert (subject.set_aside, subject.drops) == (1, 0)

    async def test_an_event_without_its_channel_is_set_aside(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        asterisk.emit("Hangup", {"Channel": "PJSIP/trunk-00000009", "Cause": "16"})
        asterisk.user_event("After", caller, {})
        await until(lambda: subject.heard.of("After"), "the next event", within_s=subject.patience_s)
        assert user_events(subject)[-1:] == ["After"]
        assert (subject.set_aside, subject.drops) == (1, 0)

    async def test_a_failing_handler_costs_only_its_event(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        def handler(kind: str, fields: Mapping[str, str]) -> None:
            if kind == "Poison":
                raise ValueError("poison")
            subject.heard.note(kind, fields)

        subject.handler = handler
        asterisk.user_event("Poison", caller, {})
        asterisk.user_event("After", caller, {})
        await until(lambda: subject.heard.of("After"), "the next event", within_s=subject.patience_s)
        assert (subject.handler_errors, subject.set_aside, subject.drops) == (1, 1, 0)


class TestOrder:
    async def test_order_is_kept_whatever_handlers_await(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        async def handler(kind: str, fields: Mapping[str, str]) -> None:
            for _ in range({"First": 20, "Second": 5}.get(kind, 0)):
                await asyncio.sleep(0)
            subject.heard.note(kind, fields)

        subject.handler = handler
        before = len(user_events(subject))
        for kind in ("First", "Second", "Third"):
            asterisk.user_event(kind, caller, {})
        await until(lambda: len(user_events(subject)) >= before + 3, "three events", within_s=LONG_S)
        assert user_events(subject)[before:] == ["First", "Second", "Third"]

    async def test_no_event_of_a_burst_is_lost(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        for number in range(30_000):
            asterisk.user_event("Burst", caller, {"N": str(number)})
        await until(lambda: len(subject.heard.of("Burst")) >= 30_000, "the whole burst", within_s=LONG_S, every_s=0.5)
        assert [int(fields["N"]) for fields in subject.heard.of("Burst")] == list(range(30_000))
        assert subject.drops == 0

    async def test_events_wait_for_the_resync(
        self, asterisk: FakeAsterisk, make: Callable[..., Subject], caller: FakeChannel
    ) -> None:
        subject = make(asterisk.port)
        begun, gate = asyncio.Event(), asyncio.Event()

        async def resync() -> None:
            begun.set()
            await gate.wait()
            subject.heard.note("resynced", {})

        subject.on_resync = resync
        start = asyncio.create_task(subject.start())
        try:
            await begun.wait()
            asterisk.user_event("Early", caller, {})
            await subject.ask("Ping", {})  # its answer comes after the event on the wire
            assert not subject.heard.of("Early")
            gate.set()
            await until(lambda: subject.heard.of("Early"), "the held event", within_s=subject.patience_s)
            assert user_events(subject) == ["resynced", "Early"]
            await start
        finally:
            await subject.stop()
            start.cancel()


class TestSending:
    @pytest.mark.parametrize(
        "bad", ["\r\nVariable: V=X", "\nVariable: V=X", "\r", "\0"], ids=["crlf", "lf", "cr", "nul"]
    )
    async def test_line_breaks_never_reach_the_wire(self, asterisk: FakeAsterisk, subject: Subject, bad: str) -> None:
        with pytest.raises(BadValue):
            await ending(subject.ask("Originate", {**CALL, "CallerID": f"Bob{bad}"}), subject.patience_s)
        await subject.ask("Ping", {})
        assert not asterisk.sent("Originate")

    async def test_an_overlong_value_is_refused(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        with pytest.raises(BadValue):
            await ending(subject.ask("Setvar", {"Variable": "V", "Value": "я" * 451}), subject.patience_s)
        assert not asterisk.sent("Setvar")

    async def test_too_many_headers_are_refused(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        fields: Mapping[str, Value] = {"Variable": [f"V{number}=1" for number in range(120)], "Value": "1"}
        with pytest.raises(BadValue):
            await ending(subject.ask("Setvar", fields), subject.patience_s)
        assert not asterisk.sent("Setvar")

    async def test_answers_find_their_actions(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        answers = await asyncio.gather(
            subject.ask("Setvar", {"Variable": "A", "Value": "1"}), subject.ask("Ping", {}), subject.ask("Nonsense", {})
        )
        assert list(answers) == ["Variable Set", "", "Invalid/unknown command"]
        assert asterisk.globals == {"A": "1"}

    async def test_a_doubled_answer_is_harmless(
        self, asterisk: FakeAsterisk, subject: Subject, caller: FakeChannel
    ) -> None:
        def twice(fake: FakeAsterisk, session: Session, action: object) -> None:
            ping = asterisk.sent("Getvar")[-1]
            session.reply(ping, ("Message", "first"))
            session.reply(ping, ("Message", "second"))

        asterisk.answers["Getvar"] = twice
        assert await subject.ask("Getvar", {"Variable": "A"}) == "first"
        assert await subject.ask("Setvar", {"Variable": "A", "Value": "1"}) == "Variable Set"
        assert (subject.drops, subject.set_aside) == (0, 0)

    async def test_an_action_has_a_deadline(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        asterisk.behaviour.swallow.add("Getvar")
        with pytest.raises(ActionTimeout):
            await ending(subject.ask("Getvar", {"Variable": "A"}, timeout_s=0.05), subject.patience_s)
        assert await subject.ask("Setvar", {"Variable": "A", "Value": "1"}) == "Variable Set"

    async def test_the_result_of_an_originate_is_an_event(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        await ending(subject.ask("Originate", {**CALL, "ChannelId": "attempt-1"}), LONG_S)
        await until(lambda: subject.heard.of("OriginateResponse"), "its result", within_s=subject.patience_s)
        assert subject.heard.of("OriginateResponse")[0]["Uniqueid"] == "attempt-1"

    async def test_queue_add_is_answered(self, subject: Subject) -> None:
        asking = subject.ask("QueueAdd", {"Queue": "support", "Interface": "PJSIP/100"})
        assert await ending(asking, subject.patience_s) == "Added interface to queue"


class TestGaps:
    async def test_it_comes_back_after_a_reset_and_resyncs(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        asterisk.reset()
        await asterisk.until(lambda: asterisk.logins == 2, LONG_S)
        await until(lambda: subject.connected and subject.heard.resyncs == 2, "the resync", within_s=LONG_S)
        assert subject.drops == 1

    async def test_an_originate_is_never_sent_again(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        asterisk.behaviour.silent = True
        asking = asyncio.ensure_future(subject.ask("Originate", {**CALL, "ChannelId": "attempt-1"}))
        await asterisk.until(lambda: asterisk.sent("Originate"), LONG_S)
        asterisk.reset()
        asterisk.behaviour.silent = False
        await asterisk.until(lambda: asterisk.logins == 2, LONG_S)
        await until(lambda: subject.connected and subject.heard.resyncs == 2, "the resync", within_s=LONG_S)
        await subject.ask("Ping", {})  # whatever was to be sent again has been sent before it
        asking.cancel()
        await asyncio.wait([asking])
        assert len(asterisk.sent("Originate")) == 1

    async def test_an_action_in_flight_fails_with_the_link(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        asterisk.behaviour.swallow.add("Getvar")
        asking = asyncio.ensure_future(subject.ask("Getvar", {"Variable": "A"}, timeout_s=LONG_S))
        await asterisk.until(lambda: asterisk.sent("Getvar"), LONG_S)
        asterisk.reset()
        with pytest.raises(ActionOutcomeUnknown):
            await ending(asking, subject.patience_s)

    async def test_sending_while_down_fails_at_once(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        await asterisk.stop()
        await until(lambda: not subject.connected, "the loss", within_s=LONG_S)
        with pytest.raises(LinkDown):
            await ending(subject.ask("Originate", CALL), subject.patience_s)
        await asterisk.start()
        await until(lambda: subject.connected and subject.heard.resyncs == 2, "the resync", within_s=LONG_S)
        await subject.ask("Ping", {})
        assert not asterisk.sent("Originate")

    async def test_a_silent_peer_is_noticed(self, asterisk: FakeAsterisk, subject: Subject) -> None:
        asterisk.behaviour.silent = True
        await until(lambda: not subject.connected, "the loss", within_s=subject.patience_s)
        asterisk.behaviour.silent = False
        await until(lambda: subject.connected, "the return", within_s=LONG_S)

    async def test_a_wrong_secret_is_never_up(self, asterisk: FakeAsterisk, make: Callable[..., Subject]) -> None:
        subject = make(asterisk.port, secret="wrong")
        await subject.start()
        try:
            await asterisk.until(lambda: asterisk.sent("Login"), LONG_S)
            assert not subject.connected
            assert asterisk.logins == 0
        finally:
            await subject.stop()
