"""Write the whole configuration of one Asterisk from asterisk_conf/ into its folder."""

import hashlib
import os
import re
import resource
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import jinja2

from .announcing import WAITING_KEYS
from .install import AsteriskTree
from .site import (
    PATH,
    AgentEndpoint,
    AsteriskSite,
    BadSite,
    TlsFiles,
    check,
    check_agents,
    trunks_of,
)

TEMPLATES = Path(__file__).parent.parent / "asterisk_conf"
FOLDERS = ("etc", "var", "spool", "run", "log", "cache", "share/sounds")
AGENTS_FILE = "pjsip_agents.conf"
BROKEN = "^(3|18|20|27|34|38|41|44|102|127)$"
"""Q.850 causes with which an agent's leg ends that nobody hung up: no route, no answer, out of order, temporary failure, no sound."""
LONGEST_SOCKET = 100  # a unix socket's path ends at 107 bytes
EVENTS = (
    *("FullyBooted", "Newchannel", "Newstate", "DialBegin", "DialEnd", "DialState", "BridgeEnter", "BridgeLeave"),
    *("Hangup", "UserEvent", "OriginateResponse", "Hold", "Unhold", "MixMonitorStart", "MixMonitorStop"),
    *("ContactStatus", "Shutdown", "Reload"),
)
_SIP = (
    "sdp_rtp caller_id endpoint_identifier_ip endpoint_identifier_user authenticator_digest outbound_authenticator_digest "
    "registrar header_funcs nat rfc3326 dlg_options dtmf_info acl transport_websocket"
)
MODULES = (
    *("res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject"),
    *("res_rtp_asterisk", "res_srtp", "res_http_websocket", "res_pjsip", "res_pjsip_pubsub", "res_pjsip_session"),
    *(f"res_pjsip_{name}" for name in _SIP.split()),
    *("chan_pjsip", "res_rtp_multicast", "chan_rtp"),  # chan_rtp, the leg of a call from the site, wants the multicast
    *("bridge_simple", "bridge_native_rtp", "bridge_softmix", "bridge_holding", "bridge_builtin_features"),
    *("codec_ulaw", "codec_alaw", "codec_a_mu", "codec_gsm", "codec_resample", "codec_opus_open_source"),
    *("res_format_attr_opus", "format_pcm", "format_wav", "format_gsm", "format_sln", "res_musiconhold"),
    *(
        "pbx_config",
        "app_dial",
        "app_queue",
        "app_mixmonitor",
        "app_playback",
        "app_read",
        "app_record",
        "app_stack",
        "app_userevent",
    ),
    *(
        "app_waitforcond",
        "app_confbridge",
        "func_callerid",
        "func_channel",
        "func_db",
        "func_global",
        "func_hangupcause",
        "func_logic",
    ),
    *("func_math", "func_strings", "func_timeout", "func_uri", "func_uuid"),
    *("res_audiosocket", "app_audiosocket", "app_exec", "func_module"),  # the sound of calls that are screened
    *("res_speech", "res_agi"),  # which links against it
)
TEMPLATE_NAMES = tuple(
    f"{name}.conf"
    for name in (
        *("asterisk", "modules", "logger", "manager", "pjsip", "pjsip_agents", "extensions", "http", "rtp"),
        *("musiconhold", "queues", "cdr", "cel", "indications", "features", "udptl", "acl", "ccss", "dnsmgr"),
        *("codecs", "confbridge", "stasis", "queuerules", "pjproject"),
    )
)


@dataclass(frozen=True, slots=True)
class InboundNumber:
    """`dialed` is how the carrier may write it, `canonical` how the site does."""

    dialed: str
    canonical: str


def render(site: AsteriskSite, into: Path) -> Path:
    """Write etc/ (mode 0600), link the sounds, make the folders; returns the path of asterisk.conf.

    Raises BadSite for a value that must not be written, before anything is written.
    """
    check(site)
    values = {
        **{field.name: getattr(site, field.name) for field in fields(site)},
        "tls": _own_copies(site.tls, into) if site.tls else None,
        "inbound": tuple(_spellings(site.inbound_numbers)),
        "trunks": trunks_of(site),
        "advanced_filters": has_advanced_filters(site.tree.version),
        "events": EVENTS,
        "broken": BROKEN,
        "keys": WAITING_KEYS,  # what else customers type, in a talk above all, never leaves Asterisk by AMI
        "modules_loaded": MODULES,
    }
    return write_files(site.tree, into, TEMPLATES, TEMPLATE_NAMES, values)


def render_agents(agents: tuple[AgentEndpoint, ...], into: Path) -> None:
    """Write the agents' file again; Asterisk takes it with `module reload res_pjsip.so`. Raises BadSite."""
    check_agents(agents)
    text = _environment(TEMPLATES).get_template(AGENTS_FILE).render(agents=agents)
    _write(into / "etc" / AGENTS_FILE, text)


def write_files(
    tree: AsteriskTree, into: Path, templates: Path, names: tuple[str, ...], values: dict[str, object]
) -> Path:
    """Render `names` from `templates` (then from asterisk_conf/) into `into`/etc with the folders that they name."""
    home = into.resolve()
    if re.search(r"[\r\n\0;\[\]]", str(home)) or PATH.match(str(home)) is None:
        raise BadSite("the data folder's path holds a character that Asterisk's configuration cannot carry")
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True, mode=0o750)
    _link_sounds(tree, home)
    all_values = {**values, "home": home, "run": run_folder(home), "modules": tree.modules, "maxfiles": _open_files()}
    environment = _environment(templates)
    texts = {name: environment.get_template(name).render(all_values) for name in names}
    for name, text in texts.items():
        _write(home / "etc" / name, text)
    return home / "etc/asterisk.conf"


def run_folder(home: Path) -> Path:
    """Where Asterisk's control socket lies: below its home, or in the temporary folder when that path is too long."""
    run = home / "run"
    if len(os.fsencode(run / "asterisk.ctl")) <= LONGEST_SOCKET:
        return run
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cordboard-{short}"


def has_advanced_filters(version: str) -> bool:
    """Whether manager.conf knows `eventfilter(name(X))` (20.10, 21.5, 22.0 and newer)."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    major, minor = (*numbers, 0, 0)[:2]
    return major >= 22 or (major == 21 and minor >= 5) or (major == 20 and minor >= 10)


def _spellings(numbers: tuple[str, ...]) -> list[InboundNumber]:
    """Each number with and without its leading +, and each spelling once."""
    spelled: dict[str, str] = {}
    for number in numbers:
        bare = number.removeprefix("+")
        spelled.setdefault(f"+{bare}", number)
        spelled.setdefault(bare, number)
    return [InboundNumber(dialed, canonical) for dialed, canonical in spelled.items()]


def _environment(templates: Path) -> jinja2.Environment:
    """Delimiters of our own: ${...}, #{...} and [[...]] belong to Asterisk."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([templates, TEMPLATES]),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - these are configuration files; values were checked
    )


def _own_copies(tls: TlsFiles, into: Path) -> TlsFiles:
    """The certificate and key beside the configuration, so that Asterisk's unprivileged user may read them."""
    folder = into.resolve() / "etc"
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    copies = TlsFiles(folder / "web.crt", folder / "web.key")
    try:
        _write(copies.certificate, tls.certificate.read_text())
        _write(copies.key, tls.key.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise BadSite(f"the certificate or its key cannot be read: {error}") from error
    return copies


def _link_sounds(tree: AsteriskTree, home: Path) -> None:
    wanted: list[tuple[Path, Path | None]] = [(home / "share/sounds" / name, path) for name, path in tree.sounds]
    wanted += [(home / "share/moh", tree.moh), (home / "share/documentation", tree.documentation)]
    for link, target in wanted:
        if link.is_symlink():
            link.unlink()
        if target is not None and not link.exists():
            link.symlink_to(target)
    if tree.moh is None:
        (home / "share/moh").mkdir(exist_ok=True)


def fingerprint(home: Path) -> str:
    """A hash of the configuration but for the agents: a running Asterisk with the same one needs no restart."""
    digest = hashlib.sha256()
    for path in sorted((home / "etc").glob("*.conf")):
        if path.name != AGENTS_FILE:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:32]


def _write(path: Path, text: str) -> None:
    """Replace in one step, mode 0600, keeping the owner of the file that was there (Asterisk's own user)."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if path.exists() and os.geteuid() == 0:
        before = path.stat()
        os.chown(scratch, before.st_uid, before.st_gid)
    scratch.replace(path)


def _open_files() -> int:
    return min(20000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
