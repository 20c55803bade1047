"""What is written into Asterisk's configuration, what never may be, and the rules of our dialplan."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cordboard.telephony.announcing import WAITING_KEYS
from cordboard.telephony.fallback_line import QUEUE
from cordboard.telephony.install import AsteriskTree
from cordboard.telephony.render import (
    EVENTS,
    MODULES,
    TEMPLATE_NAMES,
    TEMPLATES,
    fingerprint,
    has_advanced_filters,
    render,
    render_agents,
)
from cordboard.telephony.site import (
    AgentEndpoint,
    AsteriskSite,
    BadSite,
    Ports,
    Secrets,
    TlsFiles,
    TrunkSite,
    load_secrets,
    trunks_of,
)
from tests.fakes.asterisk_tree import asterisk_tree

INBOUND = "+74951234567"
PASSWORD = "pass-word-1234"
HOSTILE = ("x\ny", "x\ry", "x\0y", "x;y", "x[y", "x]y")


def tree_at(root: Path) -> AsteriskTree:
    return AsteriskTree("22.10.1", ("/usr/sbin/asterisk",), root / "modules", (("en", root / "en"),), root, None, None)


@pytest.fixture
def site(tmp_path: Path) -> AsteriskSite:
    return AsteriskSite(
        tree=tree_at(tmp_path / "tree"),
        node="node1",
        ports=Ports(5060, 5038, 8088, 10000, 10999, 8089),
        secrets=Secrets("a" * 64, "b" * 64),
        recordings=tmp_path / "recordings",
        inbound_numbers=(INBOUND,),
    )


def text_of(home: Path, name: str) -> str:
    return (home / "etc" / name).read_text()


def test_every_template_is_rendered_private_and_whole(site: AsteriskSite, tmp_path: Path) -> None:
    conf = render(site, tmp_path / "home")
    assert conf == tmp_path / "home/etc/asterisk.conf"
    written = {path.name for path in conf.parent.glob("*.conf")}
    assert written == set(TEMPLATE_NAMES) == {path.name for path in TEMPLATES.glob("*.conf")}
    for path in conf.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not re.search(r"<<|>>|<%|%>", path.read_text()), path.name
    assert (tmp_path / "home/share/sounds/en").readlink() == tmp_path / "tree/en"


def test_rendering_again_changes_only_what_changed(site: AsteriskSite, tmp_path: Path) -> None:
    render(site, tmp_path / "home")
    before = fingerprint(tmp_path / "home")
    render(replace(site, agents=(AgentEndpoint("agent-1", PASSWORD),)), tmp_path / "home")
    assert fingerprint(tmp_path / "home") == before  # agents come and go without a restart
    render(replace(site, language="en"), tmp_path / "home")
    assert fingerprint(tmp_path / "home") != before


def test_the_engines_door(site: AsteriskSite, tmp_path: Path) -> None:
    render(site, tmp_path / "home")
    manager = text_of(tmp_path / "home", "manager.conf")
    assert "bindaddr = 127.0.0.1" in manager
    assert "channelvars = CC_CALL,CC_STATE,CC_AGENT,CC_REC" in manager
    assert "write = call,agent,reporting,originate\n" in manager
    assert re.findall(r"eventfilter\(name\((\w+)\)\) =", manager) == list(EVENTS)
    for key in WAITING_KEYS:
        assert f"\neventfilter(name(DTMFEnd),header(Digit),method(exact)) = {key}\n" in manager
    assert manager.count("DTMFEnd") == len(WAITING_KEYS)


def test_an_older_asterisk_gets_the_older_filter(site: AsteriskSite, tmp_path: Path) -> None:
    render(replace(site, tree=replace(site.tree, version="20.5.0")), tmp_path / "home")
    manager = text_of(tmp_path / "home", "manager.conf")
    assert re.findall(r"eventfilter = \^Event: (\w+)\n", manager) == list(EVENTS)
    assert f"\neventfilter = ^Event: DTMFEnd.*Digit: [{''.join(WAITING_KEYS)}]\n" in manager


@pytest.mark.parametrize(
    ("version", "knows"),
    [
        ("22.10.1~dfsg", True),
        ("23.0.0", True),
        ("21.5.0", True),
        ("21.4.3", False),
        ("20.10.0", True),
        ("20.9.2", False),
    ],
)
def test_which_asterisk_knows_named_filters(version: str, knows: bool) -> None:
    assert has_advanced_filters(version) is knows


def test_a_number_exists_with_and_without_its_plus(site: AsteriskSite, tmp_path: Path) -> None:
    render(replace(site, inbound_numbers=(INBOUND, "0800")), tmp_path / "home")
    dialplan = text_of(tmp_path / "home", "extensions.conf")
    incoming = dialplan.split("[cc-in]")[1].split("[cc-arrive]")[0]
    assert re.findall(r"exten => ([^,]+),1,Set\(CC_DNIS=([^)]+)\)", incoming) == [
        (INBOUND, INBOUND),
        ("74951234567", INBOUND),
        ("+0800", "0800"),
        ("0800", "0800"),
    ]


def test_a_browser_and_a_desk_phone(site: AsteriskSite, tmp_path: Path) -> None:
    agents = (AgentEndpoint("agent-b", PASSWORD), AgentEndpoint("agent-d", PASSWORD, "sip:desk@127.0.0.1:5070"))
    render(site, tmp_path / "home")
    render_agents(agents, tmp_path / "home")
    written = text_of(tmp_path / "home", "pjsip_agents.conf")
    assert "[agent-b](agent-browser)" in written
    assert "[agent-b](agent-contact)" in written
    assert "[agent-d](agent-device)" in written
    assert "contact = sip:desk@127.0.0.1:5070" in written
    assert "allow = ulaw,alaw,opus" in written


def matched(site: AsteriskSite) -> list[tuple[str, ...]]:
    return [trunk.match for trunk in trunks_of(site)]


def test_the_trunk_and_who_may_call_us(site: AsteriskSite, tmp_path: Path) -> None:
    assert matched(site) == [("127.0.0.1",)]
    with_trunk = replace(site, trunk_uri="sip:shop@sip.example.net:5070", trunk_password=PASSWORD)
    assert matched(with_trunk) == [("127.0.0.1", "sip.example.net")]
    assert matched(replace(with_trunk, trunk_match=("192.0.2.0/24",))) == [("192.0.2.0/24",)]
    render(with_trunk, tmp_path / "home")
    pjsip = text_of(tmp_path / "home", "pjsip.conf")
    for line in (
        "contact = sip:sip.example.net:5070",
        "from_user = shop",
        f"password = {PASSWORD}",
        "rtp_timeout = 30",
    ):
        assert f"\n{line}\n" in pjsip
    assert "anonymous]" not in pjsip


def sections(pjsip: str, name: str) -> list[str]:
    """What stands in each section of that name."""
    parts = re.split(r"^\[([^]]+)\]", pjsip, flags=re.MULTILINE)
    return [body for title, body in zip(parts[1::2], parts[2::2], strict=True) if title == name]


def test_further_trunks_are_endpoints_of_their_own(site: AsteriskSite, tmp_path: Path) -> None:
    more = (
        TrunkSite("second", "sip:other@192.0.2.7", PASSWORD, ("192.0.2.0/28", "127.0.0.1")),
        TrunkSite("third", "sip:127.0.0.1:5080"),
    )
    three = replace(site, trunk_uri="sip:127.0.0.1:5070", more_trunks=more)
    assert matched(three) == [("127.0.0.1",), ("192.0.2.0/28",), ()]  # an address is one trunk's only
    render(three, tmp_path / "home")
    pjsip = text_of(tmp_path / "home", "pjsip.conf")
    endpoint, auth, aor, identify = sections(pjsip, "second")
    assert "context = cc-in\n" in endpoint
    assert "from_user = other\n" in endpoint
    assert "outbound_auth = second\n" in endpoint
    assert f"username = other\npassword = {PASSWORD}\n" in auth
    assert "contact = sip:192.0.2.7\n" in aor
    assert "endpoint = second\nmatch = 192.0.2.0/28\n" in identify
    endpoint, aor = sections(pjsip, "third")
    assert "from_user" not in endpoint
    assert "aors = third\n" in endpoint
    assert "contact = sip:127.0.0.1:5080\n" in aor


@pytest.mark.parametrize(
    ("trunk", "told"),
    [
        (TrunkSite("second", "http://x"), "second is not a SIP URI"),
        (TrunkSite("second", "sip:192.0.2.7", PASSWORD), "password of second needs a user"),
        (TrunkSite("second", "sip:me@192.0.2.7", "short"), "password of second"),
        (TrunkSite("second", "sip:192.0.2.7", None, ("a b",)), "network address"),
        (TrunkSite("trunk", "sip:192.0.2.7"), "same name"),
        (TrunkSite("agent-a", "sip:192.0.2.7"), "trunk name"),
        (TrunkSite("Two words", "sip:192.0.2.7"), "trunk name"),
        *((TrunkSite(f"second{hostile}", "sip:192.0.2.7"), "character") for hostile in HOSTILE),
        *((TrunkSite("second", f"sip:192.0.2.7{hostile}"), "character") for hostile in HOSTILE),
        *((TrunkSite("second", "sip:me@192.0.2.7", f"password{hostile}"), "character") for hostile in HOSTILE),
    ],
)
def test_a_further_trunk_that_cannot_be_written_is_refused_by_its_name(
    site: AsteriskSite, tmp_path: Path, trunk: TrunkSite, told: str
) -> None:
    with pytest.raises(BadSite, match=told) as refused:
        render(replace(site, more_trunks=(trunk,)), tmp_path / "home")
    assert trunk.password is None or trunk.password not in str(refused.value)
    assert not (tmp_path / "home").exists()


def test_a_certificate_is_copied_to_where_asterisk_may_read_it(site: AsteriskSite, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("CERT")
    (tmp_path / "k.pem").write_text("KEY")
    render(replace(site, tls=TlsFiles(tmp_path / "c.pem", tmp_path / "k.pem")), tmp_path / "home")
    assert "tlsbindaddr = 127.0.0.1:8089" in text_of(tmp_path / "home", "http.conf")
    assert text_of(tmp_path / "home", "web.key") == "KEY"
    with pytest.raises(BadSite, match="certificate or its key cannot be read"):
        render(replace(site, tls=TlsFiles(tmp_path / "none", tmp_path / "k.pem")), tmp_path / "home")


TEXT_FIELDS = (
    "node",
    "trunk_uri",
    "trunk_password",
    "caller_id",
    "sip_bind",
    "http_bind",
    "external_address",
    "language",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_no_value_ends_a_line_or_opens_a_section(site: AsteriskSite, tmp_path: Path, field: str, hostile: str) -> None:
    changes: dict[str, Any] = {field: hostile}
    with pytest.raises(BadSite):
        render(replace(site, **changes), tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("hostile", [*HOSTILE, "100&PJSIP/900@trunk", "1${SHELL(id)}", "_X.", "s", "", " 1"])
def test_no_number_is_a_pattern_or_a_program(site: AsteriskSite, tmp_path: Path, hostile: str) -> None:
    with pytest.raises(BadSite, match="phone number|character"):
        render(replace(site, inbound_numbers=(hostile,)), tmp_path / "home")


@pytest.mark.parametrize(
    "agent",
    [
        AgentEndpoint("trunk", PASSWORD),
        AgentEndpoint("agent-a&PJSIP", PASSWORD),
        AgentEndpoint("agent-a\n[x]", PASSWORD),
        AgentEndpoint("agent-a", "short"),
        AgentEndpoint("agent-a", "pass;word-1234"),
        AgentEndpoint("agent-a", PASSWORD, "sip:x@y\ncontext=cc-in"),
        AgentEndpoint("agent-a", PASSWORD, "http://x"),
    ],
)
def test_no_agent_brings_a_line_of_its_own(site: AsteriskSite, tmp_path: Path, agent: AgentEndpoint) -> None:
    render(site, tmp_path / "home")
    kept = text_of(tmp_path / "home", "pjsip_agents.conf")
    with pytest.raises(BadSite) as told:
        render_agents((agent,), tmp_path / "home")
    assert agent.password not in str(told.value)
    assert text_of(tmp_path / "home", "pjsip_agents.conf") == kept


def test_two_agents_of_one_name_are_refused(site: AsteriskSite, tmp_path: Path) -> None:
    with pytest.raises(BadSite, match="same endpoint name"):
        render(replace(site, agents=(AgentEndpoint("agent-a", PASSWORD),) * 2), tmp_path / "home")


@pytest.mark.parametrize("name", ["a;b", "a[b", "a,b", "a${X}", "a\nb"])
def test_a_folder_that_would_change_the_dialplan_is_refused(site: AsteriskSite, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSite):
        render(site, tmp_path / name)
    with pytest.raises(BadSite):
        render(replace(site, recordings=tmp_path / name), tmp_path / "home")


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = load_secrets(data)
    assert load_secrets(data) == first
    assert len(first.ami) == 64
    assert first.ami != first.carrier_ami
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["secrets.json"]
    (data / "secrets.json").write_text(json.dumps({"ami": "x"}))
    with pytest.raises(BadSite, match="damaged"):
        load_secrets(data)


# --- rules of the dialplan, read from the text itself

DIALPLANS = (TEMPLATES / "extensions.conf", TEMPLATES / "carrier/extensions.conf")
RUNS_TEXT = (
    r"\b(EVAL|EVAL_EXTEN|SHELL|System|TrySystem|Exec|TryExec|ExecIf|ExecIfTime|AGI|EAGI|DeadAGI|ExternalIVR)\s*\("
)
CALLERS_WORDS = re.compile(r"\$\{(?:CALLERID\([^)]*\)|EXTEN)[^}]*\}")


def steps(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if (found := re.match(r"\s*(?:exten|same) => (.*)", line.split(" ; ")[0])) is not None:
            yield found[1]


@pytest.mark.parametrize("path", DIALPLANS, ids=["node", "carrier"])
def test_the_dialplan_runs_no_text(path: Path) -> None:
    assert list(steps(path))
    runs = [step for step in steps(path) if re.search(RUNS_TEXT, step)]
    dialog = "n,AGI(agi://127.0.0.1:${FILTER(0-9,${CC_IVR_PORT})},${FILTER(0-9a-f,${CC_TICKET})})"  # a socket of loopback, no program
    tapped = "AudioSocket(${FILTER(a-f0-9\\x2D,${CC_CALL})},127.0.0.1:${FILTER(0-9,${CC_TAP})})"  # by name, all else filtered
    assert runs == ([dialog, f"n,TryExec({tapped})"] if path == DIALPLANS[0] else [])


@pytest.mark.parametrize("path", DIALPLANS, ids=["node", "carrier"])
def test_what_a_caller_chose_is_filtered_before_use(path: Path) -> None:
    for step in steps(path):
        for found in CALLERS_WORDS.finditer(step):
            before = step[: found.start()]
            assert re.search(r"(FILTER\([^$]*,|URIENCODE\()$", before), step


@pytest.mark.parametrize("path", DIALPLANS, ids=["node", "carrier"])
def test_nothing_a_caller_chose_is_dialed(path: Path) -> None:
    dialed = [step for step in steps(path) if "Dial(" in step]
    assert all(re.search(r"Dial\(PJSIP/\$\{CC_(AGENT|OWN)\},", step) for step in dialed)
    own = [step for step in steps(path) if re.search(r"Set\(_*CC_OWN=.", step) and "CC_OWN=)" not in step]
    assert all("FILTER(0-9a-z_@" in step for step in own)


def test_patterns_are_spelled_with_care() -> None:
    """In a pattern n, x and z are digits; and only agents' endpoints and the demo's numbers may be patterns at all."""
    patterns = [step.split(",")[0] for path in DIALPLANS for step in steps(path) if step.startswith("_")]
    assert patterns == ["_age[n]t.", "_[+0-9]."]


def test_every_application_and_function_has_its_module() -> None:
    """A name that the dialplan uses and no module brings would only fail in the middle of a call."""
    core = "Answer Bridge Goto GotoIf Hangup Set Wait Ringing"
    loaded = (
        "StartMusicOnHold StopMusicOnHold MixMonitor UserEvent WaitForCondition Dial Queue Playback Read Record Return "
        "ConfBridge"
    )
    used = {
        re.sub(r"^(?:n(?:\(\w+\))?|[^,]+,1),", "", step).split("(")[0] for path in DIALPLANS for step in steps(path)
    }
    assert used == {*core.split(), *loaded.split(), "WaitForSilence", "AGI", "TryExec"}
    spoken = {
        "app_playback",
        "app_read",
        "res_agi",
        "res_speech",
    }  # what telephony/ivr.py runs by AGI, and what AGI leans on
    assert spoken <= set(MODULES)


def test_the_fallback_drops_nobody(site: AsteriskSite, tmp_path: Path) -> None:
    """An empty line is joined and not left; who talks is not rung; the subroutine that makes a ring a talk is in the dialplan."""
    render(site, tmp_path / "home")
    queue = text_of(tmp_path / "home", "queues.conf")
    for line in ("persistentmembers = yes", "ringinuse = no", "joinempty = yes", "leavewhenempty = no"):
        assert f"\n{line}\n" in queue
    assert f"\n[{QUEUE}]\n" in queue
    dialplan = text_of(tmp_path / "home", "extensions.conf")
    assert f"Queue({QUEUE}," in dialplan
    (talks,) = re.findall(r"^membergosub = (\S+)$", queue, re.MULTILINE)
    assert f"\n[{talks}]\nexten => s,1," in dialplan


@pytest.mark.live
def test_every_module_that_we_name_exists() -> None:
    tree = asterisk_tree()
    assert [name for name in MODULES if not (tree.modules / f"{name}.so").exists()] == []
    assert len(set(MODULES)) == len(MODULES)
