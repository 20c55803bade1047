"""`python -m bench.record_traces`: one call of each kind on a real Asterisk, as its AMI told them, into simulation/traces/.

Nobody's name, number, key or path stays in a trace: what differs from call to call becomes a {{placeholder}}, which the simulator's
node fills in (simulation/trace.py). A trace is cut into sections where the node has to wait: for the engine, or for a person.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2

from cordboard.telephony.ami_frames import Framer, Packet, parse
from cordboard.telephony.site import load_secrets
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import ANSWERS, NO_ANSWER, Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import order, post_orders

TRACES = Path(__file__).resolve().parents[1] / "simulation/traces"
CALLER, NAME = "+79160000001", "Caller Name"
PERSON, NOBODY, BUSY = "+79160000002", "+79160000003", "+79160000004"
PHONES = [(r"\+*1001", Behaviour(ring_ms=300)), (r"\+*1002", NO_ANSWER)]
PEOPLE = [(r"\+*79160000003", NO_ANSWER), (r"\+*79160000004", refuses(486, 200))]

Section = tuple[str, Callable[[Packet], bool]]
"""A section's name, and the event that begins it."""


def _user(kind: str) -> Callable[[Packet], bool]:
    return lambda event: event.name == "UserEvent" and event.get("UserEvent") == kind


def _state(text: str, leg: str) -> Callable[[Packet], bool]:
    return lambda event: (
        event.name == "Newstate" and event.get("ChannelStateDesc") == text and leg in event.get("Channel")
    )


def _named(*names: str) -> Callable[[Packet], bool]:
    return lambda event: event.name in names


def _agents_leg(event: Packet) -> bool:
    return event.name == "Newchannel" and "agent-" in event.get("Channel")


ARRIVES: Section = ("arrives", _named("Newchannel"))
RINGS: Section = ("rings", _agents_leg)
TALKS: Section = ("talks", _state("Up", "agent-"))
ENDS: Section = ("ends", _named("BridgeLeave", "MixMonitorStop"))
LEAVES: Section = ("leaves", _user("CCBye"))
OUT_ENDS: Section = ("ends", _named("OriginateResponse", "DialEnd", "Hangup"))
WAITS: Section = ("waits", _user("CCWaiting"))
SECTIONS: dict[str, Sequence[Section]] = {
    "call_in": (ARRIVES, WAITS, RINGS, TALKS, ENDS),
    "agent_ends": (ARRIVES, WAITS, RINGS, TALKS, ENDS),
    "no_answer": (ARRIVES, WAITS, RINGS, ("returns", _named("DialEnd")), LEAVES),
    "declined": (ARRIVES, WAITS, RINGS, ("returns", _named("DialEnd", "Hangup")), LEAVES),
    "passed_on": (ARRIVES, WAITS, RINGS, TALKS, ("returns", _named("BridgeLeave", "MixMonitorStop")), LEAVES),
    "gone_waiting": (ARRIVES, WAITS, LEAVES),
    "gone_ringing": (ARRIVES, WAITS, RINGS, ("leaves", lambda event: event.name == "DialEnd" or _user("CCBye")(event))),
    "call_out": (("dials", _named("Newchannel")), ("answers", _state("Up", "trunk-")), RINGS, TALKS, ENDS),
    "out_no_answer": (("dials", _named("Newchannel")), OUT_ENDS),
    "out_busy": (("dials", _named("Newchannel")), OUT_ENDS),
}


class Ear:
    """A second session of the engine's own user: it hears what the engine hears."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Packet] = []
        self._reader, self._writer = reader, writer
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, secret: str) -> "AsyncIterator[Ear]":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"Action: Login\r\nUsername: engine\r\nSecret: {secret}\r\n\r\n".encode())
        ear = cls(reader, writer)
        try:
            yield ear
        finally:
            ear._listening.cancel()
            await asyncio.wait([ear._listening])
            writer.close()

    def ask(self, action: str) -> None:
        self._writer.write(f"Action: {action}\r\nActionID: ear\r\n\r\n".encode())

    async def _listen(self) -> None:
        framer = Framer()
        while data := await self._reader.read(65536):
            for message in framer.feed(data):
                if isinstance(message, bytes) and message.startswith(b"Event:"):
                    self.events.append(parse(message))

    async def until(self, fits: Callable[[Packet], bool], what: str, within_s: float = 40.0) -> Packet:
        return await until(lambda: next((one for one in self.events if fits(one)), None), what, within_s=within_s)

    async def until_quiet(self) -> None:
        """Everybody has hung up."""

        def over() -> bool:
            born = {one.get("Uniqueid") for one in self.events if one.name == "Newchannel"}
            dead = {one.get("Uniqueid") for one in self.events if one.name == "Hangup"}
            return bool(born) and born <= dead

        await until(over, "the end of every channel", within_s=60.0)
        await asyncio.sleep(1.0)

    def take(self) -> list[Packet]:
        taken, self.events = self.events, []
        return taken


def placeholders(events: Sequence[Packet]) -> list[tuple[str, str]]:
    """What is to be replaced by what, the longest first."""
    found: dict[str, str] = {}
    legs = [one for one in events if one.name == "Newchannel"]
    for leg in legs:
        whose = "agent" if "agent-" in leg.get("Channel") else "customer"
        found[leg.get("Uniqueid")] = f"{{{{{whose}.id}}}}"
        found[leg.get("Channel")] = f"{{{{{whose}.channel}}}}"
        if whose == "agent":
            endpoint = leg.get("Channel").removeprefix("PJSIP/").rpartition("-")[0]
            found[endpoint] = "{{agent}}"
    for event in events:
        if event.get("BridgeUniqueid"):
            found[event.get("BridgeUniqueid")] = "{{bridge}}"
        if event.get("ActionID"):
            found[event.get("ActionID")] = "{{action}}"
        found |= {value: "{{recording}}" for key, value in event.pairs if key in ("Rec", "File") and "/" in value}
        for line in event.get("ChanVariable").split("\n"):
            if line.startswith("CC_REC=/"):
                found[line.removeprefix("CC_REC=")] = "{{recording}}"
        if event.get("UserEvent") == "CCWaiting":
            found[event.get("Dnis")] = "{{number}}"
    for number in (CALLER, PERSON, NOBODY, BUSY):
        found[number] = found[number.lstrip("+")] = "{{person}}"
    found[NAME], found[NAME.replace(" ", "%20")] = "{{name}}", "{{name}}"
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


LINES = {"Timestamp": "{{at}}", "T0": "{{began}}", "Answered": "{{talked}}", "Duration": "{{duration}}"}
PRIVATE = re.compile(r"127\.0\.0\.1:\d+|sip:[^ ]*@[^ ]*")


def filled(event: Packet, replaced: Sequence[tuple[str, str]]) -> str:
    """One event with placeholders for what is of this call only."""
    lines = []
    for key, value in event.pairs:
        for old, new in replaced:
            key, value = key.replace(old, new), value.replace(old, new)
        value = PRIVATE.sub("sip:phone@example", value)
        lines.append(f"{key}: {LINES[key]}" if key in LINES and value else f"{key}: {value}")
    return "\n".join(lines)


def written(name: str, events: Sequence[Packet]) -> str:
    """The trace as a file: sections, and in them the events as they were."""
    replaced = placeholders(events)
    ours = {value for value, word in replaced if word.endswith(".id}}")}
    told = [one for one in events if {value for key, value in one.pairs if key.endswith(("niqueid", "inkedid"))} & ours]
    waiting, blocks = list(SECTIONS[name]), [f"; {name}: recorded by bench/record_traces.py"]
    for event in told:
        if waiting and waiting[0][1](event):
            blocks.append(f"[{waiting.pop(0)[0]}]")
        blocks.append(filled(event, replaced))
    if waiting:
        raise SystemExit(f"{name}: no event began {[section for section, _ in waiting]}")
    return "\n\n".join(blocks) + "\n"


class Stage:
    """A house with two operators at desk phones, one of which nobody answers, and a carrier."""

    def __init__(self, house: House, ear: Ear, folder: Path) -> None:
        self.house, self.ear, self.folder = house, ear, folder
        self.operators: dict[str, httpx2.AsyncClient] = {}

    async def hire(self, phones: SippCarrier, stack: AsyncExitStack) -> None:
        boss = await stack.enter_async_context(self._client())
        admin = self.house.login("admin")
        await boss.post("/sign-in", data={"login": admin.login, "password": admin.password})
        for name, user in (("answers", "1001"), ("silent", "1002")):
            body = {"login": name, "name": name, "role": "operator", "device_uri": f"sip:{user}@{phones.uri[4:]}"}
            told = (await boss.post("/api/v1/users", json=body)).raise_for_status().json()
            operator = await stack.enter_async_context(self._client())
            await operator.post("/sign-in", data={"login": name, "password": told["password"]})
            self.operators[name] = operator

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.house.endpoints.web, timeout=30.0)

    async def state(self, name: str, state: str) -> None:
        (await self.operators[name].post("/api/v1/desk/state", json={"state": state})).raise_for_status()

    async def post(self, name: str, what: str, body: dict[str, str] | None = None) -> None:
        """The operator does something with the contact in hand."""
        operator = self.operators[name]
        told = (await operator.get("/api/v1/desk/state")).json()
        path = f"/api/v1/desk/contacts/{told['contact_id']}/{what}"
        (await operator.post(path, json=body)).raise_for_status()

    def caller(self) -> SippCaller:
        endpoints = self.house.endpoints
        return SippCaller(self.folder, endpoints.sip, endpoints.inbound_number, caller_id=CALLER, name=NAME)

    async def channels(self) -> None:
        """How a talk stands in the answer to CoreShowChannels."""
        self.ear.ask("CoreShowChannels")
        await self.ear.until(_named("CoreShowChannelsComplete"), "the list of channels")
        known = placeholders(self.ear.events)
        listed = [one for one in self.ear.events if one.name == "CoreShowChannel"]
        blocks = ["; channels: recorded by bench/record_traces.py"]
        for one in listed:
            whose = "agent" if "agent-" in one.get("Channel") else "customer"
            blocks += [f"[{whose}]", filled(one, known).replace("CC_STATE=talk-{{agent}}", "CC_STATE={{state}}")]
        (TRACES / "channels.ami").write_text("\n\n".join(blocks) + "\n")
        self.ear.events = [one for one in self.ear.events if not one.name.startswith("CoreShow")]

    async def keep(self, name: str) -> None:
        await self.ear.until_quiet()
        text = written(name, self.ear.take())
        (TRACES / f"{name}.ami").write_text(text)
        print(f"{name}: {text.count(chr(10) + 'Event: ') + text.startswith('Event: ')} events")

    async def result(self) -> None:
        """Close what is in wrap-up, so that the operator is free again."""
        for operator in self.operators.values():
            told = (await operator.get("/api/v1/desk/state")).json()
            for task in told["tasks"]:
                path = f"/api/v1/desk/contacts/{task['contact_id']}/disposition"
                await operator.post(path, json={"code": "consulted"})

    # --- the calls

    async def call_in(self) -> None:
        await self.state("answers", "ready")
        for name in ("call_in", "agent_ends"):
            async with self.caller() as caller:
                await self.ear.until(_named("BridgeEnter"), "a talk")
                await asyncio.sleep(1.0)
                if name == "call_in":
                    await self.channels()
                    caller.hang_up()
                else:
                    await self.post("answers", "hangup")
                await caller.over()
            await self.keep(name)
            await self.result()
        await self.state("answers", "logged_out")

    async def unanswered(self) -> None:
        async with self.caller() as caller:
            await self.ear.until(_user("CCWaiting"), "a caller on hold")
            caller.hang_up()
            await caller.over()
        await self.keep("gone_waiting")
        await self.state("silent", "ready")
        async with self.caller() as caller:
            await self.ear.until(_user("CCDialEnd"), "a ring without an answer")
            await self._back_on_hold(caller)
        await self.keep("no_answer")
        await self.state("silent", "ready")
        async with self.caller() as caller:
            await self.ear.until(_state("Ringing", "agent-"), "a ringing phone")
            caller.hang_up()
            await caller.over()
        await self.keep("gone_ringing")
        async with self.caller() as caller:
            await self.ear.until(_state("Ringing", "agent-"), "a ringing phone")
            await self.post("silent", "decline")
            await self._back_on_hold(caller)
        await self.keep("declined")
        await self.state("silent", "logged_out")
        await self.state("answers", "ready")
        async with self.caller() as caller:
            await self.ear.until(_named("BridgeEnter"), "a talk")
            await asyncio.sleep(1.0)
            await self.state("answers", "logged_out")  # once the hands are free
            await self.post("answers", "transfer", {"queue": "orders"})
            await self._back_on_hold(caller)
        await self.keep("passed_on")
        await self.result()

    async def _back_on_hold(self, caller: SippCaller) -> None:
        await until(lambda: sum(map(_user("CCWaiting"), self.ear.events)) == 2, "the caller on hold again")
        await asyncio.sleep(0.5)
        caller.hang_up()
        await caller.over()

    async def out(self) -> None:
        async with self._client() as boss:
            who = self.house.login("supervisor")
            await boss.post("/sign-in", data={"login": who.login, "password": who.password})
            campaign = (await boss.get("/api/v1/campaigns")).json()[0]["id"]
            (await boss.post(f"/api/v1/campaigns/{campaign}/start", json={})).raise_for_status()
            for number, name in ((NOBODY, "out_no_answer"), (BUSY, "out_busy"), (PERSON, "call_out")):
                await post_orders(self.house, order(name, number, name=NAME))
                await self.state("answers", "ready")
                await self.ear.until(_named("Newchannel"), "a dialed channel")
                if number == PERSON:
                    await self.ear.until(_named("BridgeEnter"), "a talk")
                    await asyncio.sleep(1.0)
                    await self.post("answers", "hangup")
                await self.state("answers", "logged_out")
                await self.keep(name)
                await self.result()


async def record() -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cb-traces-")))
        for name in ("phones", "trunk", "callers"):
            (folder / name).mkdir()
        phones = await stack.enter_async_context(SippCarrier(folder / "phones", PHONES, otherwise=refuses(404)))
        carrier = await stack.enter_async_context(SippCarrier(folder / "trunk", PEOPLE, otherwise=ANSWERS))
        house = await stack.enter_async_context(
            running_house(folder / "house", trunk=carrier.uri, ring_s="4", dial_ring_s="15", wrap_up_s="120")
        )
        secrets, ports = load_secrets(house.data), house.data / "ports.json"
        port = int(re.findall(r'"ami": (\d+)', ports.read_text())[0])
        ear = await stack.enter_async_context(Ear.open(port, secrets.ami))
        stage = Stage(house, ear, folder / "callers")
        await stage.hire(phones, stack)
        await stage.call_in()
        await stage.unanswered()
        await stage.out()


if __name__ == "__main__":
    sys.exit(asyncio.run(record()))
