"""What one Asterisk of ours must know, as plain values; the rules for what may be written into its files."""

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

from .install import AsteriskTree

FORBIDDEN = re.compile(r"[\r\n\0;\[\]]")
NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}\Z")
NUMBER = re.compile(r"\+?[0-9]{2,18}\Z")
AGENT = re.compile(r"agent-[a-z0-9-]{1,40}\Z")
SIP_URI = re.compile(
    r"sips?:(?:(?P<user>[\w.+~-]{1,64})@)?(?P<host>[\w.-]{1,253}|\[[0-9a-fA-F:]+\])(?::(?P<port>\d{1,5}))?\Z"
)
ADDRESS = re.compile(r"[\w.:-]{1,253}(?:/\d{1,3})?\Z")
TRUNK = re.compile(r"(?!agent-)[a-z][a-z0-9-]{0,30}\Z")
FIRST_TRUNK = "trunk"
PASSWORD = re.compile(r"[\w.~+/=-]{8,128}\Z")
PATH = re.compile(r"/[^,${}()\"'&|\\<>]*\Z")


class BadSite(ValueError):
    """A value must not be written into Asterisk's configuration; the text names the value's place, not the value."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The passwords that Cordboard makes for its own Asterisks, 64 hexadecimal digits each."""

    ami: str
    carrier_ami: str


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of one Asterisk; `https` only counts when the site has a certificate."""

    sip_udp: int
    ami: int
    http: int
    rtp_start: int
    rtp_end: int
    https: int | None = None


@dataclass(frozen=True, slots=True)
class TlsFiles:
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class AgentEndpoint:
    """A browser that registers as `name`, or a desk phone at `device_uri` (a SIP URI) that we only call."""

    name: str
    password: str
    device_uri: str | None = None


@dataclass(frozen=True, slots=True)
class TrunkSite:
    """One more trunk. `match` empty means: its own host."""

    name: str
    uri: str
    password: str | None = None
    match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AsteriskSite:
    """One Asterisk node of ours. `trunk_match` empty means: loopback and the trunk's own host. `more_trunks`: those beside it."""

    tree: AsteriskTree
    node: str
    ports: Ports
    secrets: Secrets
    recordings: Path
    inbound_numbers: tuple[str, ...] = ()
    agents: tuple[AgentEndpoint, ...] = ()
    trunk_uri: str | None = None
    trunk_password: str | None = None
    trunk_match: tuple[str, ...] = ()
    more_trunks: tuple[TrunkSite, ...] = ()
    caller_id: str = ""
    sip_bind: str = "127.0.0.1"
    http_bind: str = "127.0.0.1"
    external_address: str | None = None
    local_nets: tuple[str, ...] = ()
    tls: TlsFiles | None = None
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier as the templates want it: `contact` without the user, which becomes the From user; "" when nobody is called there.
    `match`: the addresses whose calls are known for its own."""

    name: str
    user: str | None
    host: str
    port: int
    contact: str
    password: str | None
    match: tuple[str, ...]


def trunks_of(site: AsteriskSite) -> tuple[Trunk, ...]:
    """Every trunk, `trunk` first. An address that two of them match is the first one's, as Asterisk knows a caller once.

    Raises BadSite when one has no plain SIP URI.
    """
    first = _trunk(TrunkSite(FIRST_TRUNK, site.trunk_uri or "", site.trunk_password, site.trunk_match))
    found = [replace(first, match=site.trunk_match or tuple(dict.fromkeys(("127.0.0.1", *first.match))))]
    for each in site.more_trunks:
        known = {address for one in found for address in one.match}
        trunk = _trunk(each)
        found.append(replace(trunk, match=tuple(address for address in trunk.match if address not in known)))
    return tuple(found)


def _trunk(given: TrunkSite) -> Trunk:
    if not given.uri:
        return Trunk(given.name, None, "", 0, "", given.password, given.match)
    found = SIP_URI.match(given.uri)
    if found is None:
        raise BadSite(f"{given.name} is not a SIP URI such as sip:127.0.0.1:5070 or sip:user@host:port")
    port = f":{found['port']}" if found["port"] else ""
    match = given.match or (found["host"].strip("[]"),)
    contact = f"sip:{found['host']}{port}"
    return Trunk(given.name, found["user"], found["host"], int(found["port"] or 5060), contact, given.password, match)


def check(site: AsteriskSite) -> None:
    """Raises BadSite for a value that could change the meaning of a configuration line."""
    _no_injection("site", site)
    _fits(NODE, site.node, "node name (small letters, digits, hyphen)")
    _fits(re.compile(r"[a-z]{2}\Z"), site.language, "language")
    for number in (*site.inbound_numbers, *((site.caller_id,) if site.caller_id else ())):
        _fits(NUMBER, number, "phone number")
    trunks = trunks_of(site)
    addresses = (address for trunk in trunks for address in trunk.match)
    for address in (site.sip_bind, site.http_bind, *addresses, *site.local_nets):
        _fits(ADDRESS, address, "network address")
    for folder in (site.recordings, site.tree.modules, *((site.tls.certificate, site.tls.key) if site.tls else ())):
        _fits(PATH, str(folder), "path")
    for trunk in trunks:
        _fits(TRUNK, trunk.name, "trunk name (small letters, digits, hyphen)")
        if trunk.password is not None:
            _fits(PASSWORD, trunk.password, f"password of {trunk.name}")
            if trunk.user is None:
                raise BadSite(f"a password of {trunk.name} needs a user in its SIP URI")
    if len({trunk.name for trunk in trunks}) < len(trunks):
        raise BadSite("two trunks have the same name")
    ports = site.ports
    for port in (ports.sip_udp, ports.ami, ports.http, ports.rtp_start, ports.rtp_end, ports.https or 1):
        if not 1 <= port <= 65535:
            raise BadSite(f"port {port} is not between 1 and 65535")
    if ports.rtp_end < ports.rtp_start + 3:
        raise BadSite("the RTP port range holds no call")
    check_agents(site.agents)


def check_agents(agents: tuple[AgentEndpoint, ...]) -> None:
    """Raises BadSite for an endpoint that is not safe to write, or for a name that comes twice."""
    for agent in agents:
        _no_injection("agent", agent)
        _fits(AGENT, agent.name, "agent endpoint name (agent-...)")
        _fits(PASSWORD, agent.password, "agent password")
        if agent.device_uri is not None:
            _fits(SIP_URI, agent.device_uri, "agent device (a SIP URI)")
    if len({agent.name for agent in agents}) != len(agents):
        raise BadSite("two agents have the same endpoint name")


def _fits(rule: re.Pattern[str], value: str, what: str) -> None:
    if rule.match(value) is None:
        raise BadSite(f"not a valid {what}")


def _no_injection(where: str, value: object) -> None:
    """Walk every string of the site: none may hold what ends a line, starts a comment or opens a section."""
    if isinstance(value, str | Path):
        if FORBIDDEN.search(str(value)):
            raise BadSite(f"{where} holds a character that Asterisk's configuration cannot carry (line break, ; [ ])")
    elif isinstance(value, tuple):
        for item in value:
            _no_injection(where, item)
    elif is_dataclass(value):
        for field in fields(value):
            _no_injection(field.name, getattr(value, field.name))


def load_secrets(data: Path, make: Callable[[int], str] = secrets.token_hex) -> Secrets:
    """The secrets of the data folder, made at the first call (mode 0600) and never rewritten.

    Raises BadSite when the file is there but not ours to read as secrets; OSError when the folder is not writable.
    """
    path = data / "secrets.json"
    fresh = {field.name: make(32) for field in fields(Secrets)}
    scratch = data / f".secrets-{os.getpid()}"
    data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        scratch.unlink(missing_ok=True)
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(fresh, file)
                file.flush()
                os.fsync(file.fileno())
            os.link(scratch, path)  # fails when another process was first: theirs counts
        except FileExistsError:
            pass
        finally:
            scratch.unlink(missing_ok=True)
    try:
        kept = json.loads(path.read_text())
        found = Secrets(**{field.name: str(kept[field.name]) for field in fields(Secrets)})
    except (ValueError, KeyError, TypeError) as error:
        raise BadSite(f"{path} is damaged: move it away, and new secrets are made") from error
    for field in fields(found):
        _fits(PASSWORD, getattr(found, field.name), f"secret in {path.name}")
    return found
