"""The instruments before the music: our phones, carrier and browser measure what they claim to."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.browser import Screen, chromium
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour, refuses
from tests.fakes.wait import until

pytestmark = pytest.mark.live


async def test_each_phone_hears_the_others_tone(tmp_path: Path) -> None:
    async with (
        SippCarrier(tmp_path, tone_hz=440.0) as carrier,
        SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), "+74950000001", tone_hz=700.0) as caller,
    ):
        await caller.answered()
        invite = await carrier.until_in_talk("+74950000001")
        await caller.until_hears(440.0)
        await until(lambda: carrier.hears(invite).is_tone(700.0), "700 Hz at the person called")
        caller.hang_up()
        await caller.over()
        await until(lambda: not carrier.in_talk(), "the carrier knows of the end")


async def test_the_person_called_hangs_up(tmp_path: Path) -> None:
    async with (
        SippCarrier(tmp_path) as carrier,
        SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), "100") as caller,
    ):
        await caller.answered()
        carrier.tell(await carrier.until_in_talk("100"))
        await caller.over()
        assert caller.left_by_other_side


async def test_a_short_talk_ends_by_itself(tmp_path: Path) -> None:
    plan = [("1.*", Behaviour(ring_ms=0, talk_ms=200))]
    async with (
        SippCarrier(tmp_path, plan) as carrier,
        SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), "100") as caller,
    ):
        await caller.answered()
        await caller.over()
        assert caller.left_by_other_side


async def test_a_caller_gives_up_while_it_rings(tmp_path: Path) -> None:
    async with (
        SippCarrier(tmp_path, otherwise=NO_ANSWER) as carrier,
        SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), "100") as caller,
    ):
        await caller.sipp.until_said("^SIP/2.0 180")
        caller.hang_up()
        await caller.over()
        assert caller.final_code == 487
        assert carrier.in_talk() == []


async def test_a_person_answers_when_told(tmp_path: Path) -> None:
    async with (
        SippCarrier(tmp_path, otherwise=NO_ANSWER) as carrier,
        SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), "100") as caller,
    ):
        await caller.sipp.until_said("^SIP/2.0 180")
        carrier.tell(carrier.invites()[0])
        await caller.answered()


async def test_numbers_behave_as_planned(tmp_path: Path) -> None:
    codes = (403, 404, 480, 486, 503, 603)
    plan = [(rf"\+7{code}.*", refuses(code)) for code in codes]
    async with SippCarrier(tmp_path, plan) as carrier:
        for code in codes:
            async with SippCaller(tmp_path, carrier.uri.removeprefix("sip:"), f"+7{code}1") as caller:
                assert await caller.refused() == code
                await caller.over()
        assert carrier.numbers() == [f"+7{code}1" for code in codes]
        assert len({invite.call_id for invite in carrier.invites()}) == len(codes)


LOOP_PAGE = """<!doctype html><title>loop</title><script>
(async () => {
  const mic = await navigator.mediaDevices.getUserMedia(
    {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  const here = new RTCPeerConnection(), there = new RTCPeerConnection();
  here.onicecandidate = (e) => there.addIceCandidate(e.candidate);
  there.onicecandidate = (e) => here.addIceCandidate(e.candidate);
  here.addTrack(mic.getTracks()[0], mic);
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  await here.setRemoteDescription(there.localDescription);
})();
</script>"""


async def test_a_page_hears_its_own_microphone_through_webrtc(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = LOOP_PAGE.encode()
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, chromium(tmp_path, mic_hz=440.0) as browser:
        screen = await Screen.open(browser, f"http://localhost:{server.sockets[0].getsockname()[1]}", tmp_path)
        await screen.go("/")
        heard = await screen.until_hears(440.0)
        assert heard.purity > 0.6
        assert (await screen.shoot("loop")).stat().st_size > 0
