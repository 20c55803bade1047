"""A real Asterisk from our own configuration: it boots clean, lets in whom it should, and is kept running."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from cordboard.telephony.asterisk_commands import console, run_in_foreground
from cordboard.telephony.pid_file import living
from cordboard.telephony.ports import PortTaken
from cordboard.telephony.process import AsteriskFailed, gone
from cordboard.telephony.process_user import SEARCH_RIGHTS, reachable, unprivileged
from cordboard.telephony.render import render, render_agents, run_folder
from cordboard.telephony.site import AgentEndpoint
from tests.fakes.asterisk_tree import INBOUND, Node, data_folder, process_of, running_node, site_in
from tests.fakes.raw_ami import RawAmi
from tests.fakes.sip_probe import sip_status
from tests.fakes.wait import until

pytestmark = pytest.mark.live

AGENTS = (
    AgentEndpoint("agent-12ab34cd", "browser-password"),
    AgentEndpoint("agent-desk", "device-password", "sip:desk@127.0.0.1:5099"),
)


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


async def test_boots_with_every_module_and_without_an_error_line(data: Path) -> None:
    async with running_node(data, agents=AGENTS, trunk_uri="sip:127.0.0.1:5070") as node:
        log = node.log()
        assert [line for line in log.splitlines() if "ERROR" in line or "WARNING" in line] == []
        assert await node.ami.event("FullyBooted", lambda event: event.get("Event") == "FullyBooted")
        modules = await node.process.ask("module show like chan_pjsip")
        assert "Running" in modules
        endpoints = await node.process.ask("pjsip show endpoints")
        assert "agent-12ab34cd" in endpoints
        assert "sip:desk@127.0.0.1:5099" in endpoints


async def test_the_engine_may_work_calls_and_nothing_else(data: Path) -> None:
    async with running_node(data) as node:
        act = node.ami.action
        for allowed in ("Ping", "CoreStatus", "CoreSettings", "CoreShowChannels", "Status"):
            assert (await act(allowed))["Response"] == "Success", allowed
        for denied in ("Command", "Reload", "GetConfig", "UpdateConfig", "ModuleLoad", "DBPut", "MixMonitor"):
            answer = await act(denied, Command="core show version", Filename="manager.conf", Module="res_pjsip.so")
            assert (answer["Response"], answer["Message"]) == ("Error", "Permission denied"), denied
        shell = await act(
            "Originate", Channel="Local/s@cc-hold", Application="System", Data="touch owned", Async="true"
        )
        assert shell["Response"] == "Error"
        assert (await act("Getvar", Variable="SHELL(id)"))["Response"] == "Error"


async def test_a_wrong_password_is_refused(data: Path) -> None:
    async with running_node(data) as node:
        guesser = await RawAmi.connect(node.site.ports.ami)
        try:
            answer = await guesser.action("Login", Username="engine", Secret="0" * 64)
            assert (answer["Response"], answer["Message"]) == ("Error", "Authentication failed")
        finally:
            await guesser.close()


async def test_only_our_own_numbers_exist_for_the_carrier(data: Path) -> None:
    async with running_node(data) as node:
        port = node.site.ports.sip_udp
        assert await sip_status(port, "OPTIONS", INBOUND) == 200
        strange = (
            "79161112233",
            "100&PJSIP/900@trunk",
            "1${SHELL(id)}",
            "1\r\nAction: Ping",
            "cc-hold",
            "s",
            "h",
            "agent-x",
        )
        for user in strange:
            assert await sip_status(port, "INVITE", quote(user, safe="")) == 404, user
            assert await sip_status(port, "INVITE", quote(user, safe="&$()")) == 404, user
        assert await node.channels() == ""
        assert not any(event.get("Event") == "UserEvent" for event in node.ami.events)


async def test_a_stranger_is_asked_for_a_password_he_does_not_have(data: Path) -> None:
    async with running_node(data, trunk_match=("192.0.2.7",)) as node:
        assert await sip_status(node.site.ports.sip_udp, "INVITE", INBOUND) == 401
        assert await sip_status(node.site.ports.sip_udp, "INVITE", INBOUND, from_user="trunk") == 401


async def test_an_agents_name_in_from_opens_nothing_without_his_password(data: Path) -> None:
    async with running_node(data, agents=AGENTS) as node:
        for agent in AGENTS:
            assert await sip_status(node.site.ports.sip_udp, "INVITE", INBOUND, from_user=agent.name) == 401


@pytest.mark.parametrize("number", [INBOUND, INBOUND.removeprefix("+")])
async def test_a_call_waits_with_its_number_and_name_as_plain_text(data: Path, number: str) -> None:
    async with running_node(data) as node:
        await node.beat(int(time.time()))
        name = '"Bob %0d%0aAction: Ping \\"${SHELL(id)}\\", x" '
        assert await sip_status(node.site.ports.sip_udp, "INVITE", number, from_user="7916%0d%0a1", display=name) == 200
        waiting = await node.ami.user_event("CCWaiting", Dnis=INBOUND)
        assert waiting["Cc"] == waiting["Uniqueid"]
        assert waiting["Num"] == "79161"
        assert "%24%7BSHELL(id)%7D" in waiting["Name"]
        assert "uid=" not in str(waiting)
        assert "CC_STATE=hold" in waiting["ChanVariable"]
        await node.ami.action("Hangup", Channel=waiting["Channel"])
        bye = await node.ami.user_event("CCBye", Cc=waiting["Cc"])
        assert bye["State"] == "hold"


async def test_waiting_calls_outlive_the_engine_and_come_back_to_it(data: Path) -> None:
    async with running_node(data) as node:
        assert await sip_status(node.site.ports.sip_udp, "INVITE", INBOUND) == 200
        await node.ami.user_event("CCFallback")
        assert not any(event.get("UserEvent") == "CCWaiting" for event in node.ami.events)
        await node.beat(int(time.time()) + 60)
        assert await node.ami.user_event("CCWaiting")
        node.ami.events.clear()
        await node.beat(int(time.time()) - 60)
        await node.ami.user_event("CCFallback")


async def test_a_killed_asterisk_is_back_with_the_same_configuration(data: Path) -> None:
    site = site_in(data)
    render(site, data / "asterisk")
    started: list[int] = []
    died: list[int] = []
    process = process_of(site, data, on_started=started.append, on_died=died.append)
    first = await process.start()
    try:
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(started) == 2, "the second start")
        assert died == [first]
        assert started[1] == process.pid != first
        assert process.restarts == 1
        assert "System uptime" in await process.ask("core show uptime")
        assert (data / "run/asterisk.pid").read_text().split()[0] == str(process.pid)
    finally:
        await process.stop()
    assert process.pid is None
    await gone(started[1])
    assert not (data / "run/asterisk.pid").exists()


async def test_a_later_engine_adopts_the_running_one_and_its_new_agents(data: Path) -> None:
    site = site_in(data, agents=AGENTS[:1])
    render(site, data / "asterisk")
    before = process_of(site, data)
    pid = await before.start()
    await before.leave()
    render(replace(site, agents=AGENTS), data / "asterisk")
    died: list[int] = []
    after = process_of(site, data, on_died=died.append)
    try:
        assert await after.start() == pid
        assert "agent-desk" in await after.ask("pjsip show endpoints")
        render_agents((), data / "asterisk")
        await after.reload_agents()
        assert "agent-" not in await after.ask("pjsip show endpoints")
        os.kill(pid, signal.SIGKILL)  # it is watched though it is another's child
        await until(lambda: died == [pid] and after.pid not in (None, pid), "the replacement")
        await until(lambda: after.restarts == 1, "the restart")
    finally:
        await after.stop()


async def test_an_idle_one_with_another_configuration_is_replaced(data: Path) -> None:
    site = site_in(data)
    render(site, data / "asterisk")
    before = process_of(site, data)
    pid = await before.start()
    await before.leave()
    render(replace(site, inbound_numbers=("+74950000000",)), data / "asterisk")
    after = process_of(site, data)
    try:
        assert await after.start() != pid
        assert "+74950000000" in await after.ask("dialplan show cc-in")
    finally:
        await after.stop()


async def test_with_nobody_on_the_line_it_is_not_left(data: Path) -> None:
    async with running_node(data) as node:
        assert not await node.process.leave_to_calls()
        assert await node.channels() == ""


async def test_left_to_its_calls_it_lets_callers_in_and_ends_with_the_last(data: Path) -> None:
    async with running_node(data) as node:
        pid = await a_call_waits(node)
        assert await node.process.leave_to_calls()
        await a_call_waits(node)
        await hang_up_all(node)
        await gone(pid)
        pid_file, conf = data / "run/asterisk.pid", (data / "asterisk").resolve() / "etc/asterisk.conf"
        assert pid_file.read_text().startswith(f"{pid} "), "nobody was there to take the file away"
        assert living(pid_file, conf) is None
        after = process_of(node.site, data)
        try:
            assert await after.start() != pid
        finally:
            await after.stop()


async def test_a_later_engine_calls_its_end_off(data: Path) -> None:
    async with running_node(data) as node:
        pid = await a_call_waits(node)
        assert await node.process.leave_to_calls()
        with pytest.raises(AsteriskFailed, match=rf"runs already \(pid {pid}\)"):
            run_in_foreground(node.site.tree, data / "asterisk", node.site.recordings, data / "run/asterisk.pid")
        after = process_of(node.site, data)
        try:
            assert await after.start() == pid
            await hang_up_all(node)
            over = time.monotonic()  # Asterisk looks every second; then it would take one more
            await until(lambda: time.monotonic() - over >= 4.0, "four seconds without a call")
            assert (after.pid, after.restarts) == (pid, 0)
            assert await sip_status(node.site.ports.sip_udp, "OPTIONS", INBOUND) == 200
        finally:
            await after.stop()


async def test_one_that_is_just_ending_is_waited_for_and_replaced(data: Path) -> None:
    async with running_node(data) as node:
        pid = await a_call_waits(node)
        assert await node.process.leave_to_calls()
        await hang_up_all(node)

        async def ending() -> bool:
            return await sip_status(node.site.ports.sip_udp, "OPTIONS", INBOUND) == 503

        await until(ending, "nobody is let in any more")
        after = process_of(node.site, data)
        try:
            assert await after.start() != pid
            assert await sip_status(node.site.ports.sip_udp, "OPTIONS", INBOUND) == 200
        finally:
            await after.stop()


async def test_who_comes_long_after_the_engine_has_gone_for_good_is_not_let_in(data: Path) -> None:
    async with running_node(data) as node:
        port, now = node.site.ports.sip_udp, int(time.time())
        for beat, left, code in (
            (now - 100, now - 100, 200),  # an update takes its time
            (now - 130, now - 125, 503),  # nobody has come
            (now - 120, now - 125, 200),  # one came, and died
        ):
            await node.beat(beat)
            await node.process.ask(f"dialplan set global ENGINE_LEFT {left}")
            assert await sip_status(port, "INVITE", INBOUND) == code


async def a_call_waits(node: Node) -> int:
    """One more caller on hold; returns the Asterisk's process."""
    await node.beat(int(time.time()) + 60)
    before = len((await node.channels()).splitlines())
    assert await sip_status(node.site.ports.sip_udp, "INVITE", INBOUND) == 200

    async def waits() -> bool:
        return (await node.channels()).count("!cc-hold!") > before

    await until(waits, "a caller on hold")
    assert node.process.pid is not None
    return node.process.pid


async def hang_up_all(node: Node) -> None:
    await node.process.ask("channel request hangup all")


async def test_a_taken_port_is_said_in_one_line_and_nothing_starts(data: Path) -> None:
    async with running_node(data) as node:
        with data_folder() as other:
            site = site_in(other, ports=node.site.ports)
            render(site, other / "asterisk")
            with pytest.raises(PortTaken, match=rf"port {site.ports.sip_udp}/udp .*\(SIP\) is taken") as told:
                await process_of(site, other).start()
            assert "\n" not in str(told.value)
            assert not (other / "run/asterisk.pid").exists()


async def test_a_configuration_that_kills_asterisk_is_told_with_its_reason(data: Path) -> None:
    site = site_in(data)
    conf = render(site, data / "asterisk")
    conf.with_name("modules.conf").write_text("[modules]\nautoload = no\nrequire = no_such_module.so\n")
    with pytest.raises(AsteriskFailed, match=r"Asterisk ended while starting: .+"):
        await process_of(site, data).start()
    assert not (data / "run/asterisk.pid").exists()


async def test_it_runs_without_roots_rights(data: Path) -> None:
    async with running_node(data) as node:
        status = await asyncio.to_thread(Path(f"/proc/{node.process.pid}/status").read_text)
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert "0" not in uids
        account = unprivileged()
        if account is not None:
            held = int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
            # A cache below a closed folder leaves it the one right to walk there.
            allowed = (
                (0,) if reachable(node.site.tree.modules, account) else tuple(1 << bit for _name, bit in SEARCH_RIGHTS)
            )
            assert held in allowed


async def test_a_deep_closed_data_folder_is_served_too(data: Path) -> None:
    """Root's closed folders, and a path too long for a unix socket."""
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    deep = closed / ("d" * 60) / ("e" * 40)
    deep.mkdir(parents=True)
    async with running_node(deep) as node:
        assert "cordboard-" in str(run_folder(deep / "asterisk"))
        said = await asyncio.to_thread(console, node.site.tree, deep / "asterisk", "core show version")
        assert "Asterisk" in said
