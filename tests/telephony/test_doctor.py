"""Each thing that a site can get wrong is noticed, and the mend stands beside it."""

import asyncio
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cordboard.telephony.ami_probe import AmiProbe, probe_ami
from cordboard.telephony.doctor import (
    Check,
    ClockReading,
    DoctorSubject,
    check_ami,
    check_asterisk,
    check_certificate,
    check_clock,
    check_database,
    check_disk,
    check_folder,
    check_microphone,
    check_port,
    examine,
    report,
    steady_clock,
)
from cordboard.telephony.install import AsteriskTree, InstallError, NoNetwork
from cordboard.telephony.ports import PortUse, ports_of
from cordboard.telephony.render import MODULES
from cordboard.telephony.site import TlsFiles
from tests.fakes.asterisk_tree import asterisk_tree, data_folder, running_node
from tests.fakes.ports import free_port

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def tree_with(folder: Path, modules: tuple[str, ...], version: str = "22.10.1") -> AsteriskTree:
    folder.mkdir(exist_ok=True)
    for name in modules:
        (folder / f"{name}.so").touch()
    return AsteriskTree(version, ("asterisk",), folder, (), None, None, None)


def test_the_version_and_the_modules(tmp_path: Path) -> None:
    whole = tree_with(tmp_path / "whole", MODULES)
    assert [check.ok for check in check_asterisk(lambda: whole)] == [True, True]
    assert [check.ok for check in check_asterisk(lambda: replace(whole, version="18.2.0"))] == [False, True]
    partial = tree_with(tmp_path / "partial", MODULES[:-1])
    missing = check_asterisk(lambda: partial)[1]
    assert not missing.ok
    assert MODULES[-1] in missing.detail

    def unreachable() -> AsteriskTree:
        raise NoNetwork("Debian's package archive did not answer")

    assert check_asterisk(unreachable)[0].detail == "Debian's package archive did not answer"


def test_a_port_of_somebody_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        use = PortUse("SIP", "127.0.0.1", other.getsockname()[1], udp=True)
        taken = check_port(use, ours=False)
        assert not taken.ok
        assert "taken by another program" in taken.detail
        assert check_port(use, ours=True).ok
    assert check_port(PortUse("AMI", "127.0.0.1", free_port()), ours=False).ok


@pytest.mark.parametrize(
    ("probe", "ok"),
    [
        (AmiProbe(True, True, ""), True),
        (AmiProbe(True, False, ""), False),
        (AmiProbe(False, False, "the login was refused"), False),
    ],
)
def test_the_rights_of_the_engine(probe: AmiProbe, ok: bool) -> None:
    assert check_ami(probe).ok is ok
    assert ok or check_ami(probe).mend


async def test_nobody_at_the_manager_port_is_said_so() -> None:
    port = free_port()
    assert (await probe_ami(port, "x" * 8)).detail == f"no manager interface answers at 127.0.0.1:{port}"


async def test_another_program_at_the_manager_port_is_said_so() -> None:
    async def chat(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(chat, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await probe_ami(port, "x" * 8)).detail == f"port {port} is not an Asterisk manager interface"


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert check_folder("spool", tmp_path / "data/asterisk/spool").ok
    (tmp_path / "file").touch()
    blocked = check_folder("spool", tmp_path / "file/spool")
    assert not blocked.ok
    assert "cannot be written" in blocked.detail


def test_room_on_the_disk(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "not/yet", least=1).ok
    full = check_disk(tmp_path, least=10**18)
    assert (full.ok, full.mend) == (False, "free some, or move --data")


@pytest.mark.parametrize(
    ("after", "steady_s", "ok"),
    [
        (NOW + timedelta(seconds=1), 1.0, True),
        (NOW + timedelta(seconds=1), 1.5, True),
        (NOW + timedelta(seconds=60), 1.0, False),
        (NOW - timedelta(seconds=60), 1.0, False),
    ],
)
def test_a_clock_that_jumps(after: datetime, steady_s: float, ok: bool) -> None:
    assert check_clock(ClockReading(NOW, after, steady_s)).ok is ok


def test_a_clock_that_lost_its_battery() -> None:
    old = datetime(1970, 1, 1, tzinfo=UTC)
    assert check_clock(ClockReading(old, old, 0.0)).detail == "it says the year 1970"


Certify = Callable[..., TlsFiles]


@pytest.fixture
def certify(tmp_path: Path) -> Certify:
    def make(names: tuple[str, ...] = ("shop.example",), *, since_d: int = -1, until_d: int = 90) -> TlsFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
        written: list[x509.GeneralName] = [
            x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW + timedelta(days=since_d))
            .not_valid_after(NOW + timedelta(days=until_d))
        )
        if written:
            builder = builder.add_extension(x509.SubjectAlternativeName(written), critical=False)
        signed = builder.sign(key, hashes.SHA256())
        files = TlsFiles(
            tmp_path / f"{len(list(tmp_path.iterdir()))}.crt", tmp_path / f"{len(list(tmp_path.iterdir()))}.key"
        )
        files.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    return make


def test_a_good_certificate_and_none_at_all(certify: Certify) -> None:
    assert check_certificate(None, (), NOW).ok
    assert check_certificate(certify(), ("shop.example",), NOW).ok
    assert check_certificate(certify(("*.shop.example", "192.0.2.1")), ("a.shop.example", "192.0.2.1"), NOW).ok


def test_what_can_be_wrong_with_a_certificate(certify: Certify, tmp_path: Path) -> None:
    good = certify()

    def fault(tls: TlsFiles, *names: str) -> str:
        check = check_certificate(tls, names or ("shop.example",), NOW)
        assert not check.ok
        assert check.mend
        return check.detail

    assert "cannot be read" in fault(TlsFiles(tmp_path / "none", good.key))
    assert "not a certificate and its key" in fault(TlsFiles(good.certificate, certify().key))
    assert "expired on" in fault(certify(since_d=-90, until_d=-1))
    assert "expires on" in fault(certify(until_d=3))
    assert "not valid before" in fault(certify(since_d=2))
    assert "is not for www.shop.example" in fault(good, "www.shop.example")
    assert "is not for a.b.shop.example" in fault(certify(("*.shop.example",)), "a.b.shop.example")
    assert "is not for 192.0.2.9" in fault(certify(("*.0.2.9",)), "192.0.2.9")
    assert "names no host" in fault(certify(()))


@pytest.mark.parametrize(
    ("host", "tls", "ok"),
    [
        ("127.0.0.1", None, True),
        ("0.0.0.0", None, False),
        ("10.0.0.5", None, False),
        ("0.0.0.0", TlsFiles(Path("c"), Path("k")), True),
    ],
)
def test_browsers_give_a_microphone(host: str, tls: TlsFiles | None, ok: bool) -> None:
    assert check_microphone(host, tls).ok is ok


async def test_the_database_is_quoted_in_one_line() -> None:
    async def down() -> None:
        raise ConnectionRefusedError("nobody at port 5432\nsecond line")

    async def up() -> None:
        return None

    assert (await check_database("database", up, "m")).ok
    assert await check_database("database", down, "start it") == Check(
        "database", False, "nobody at port 5432", "start it"
    )


def test_the_report_puts_the_mend_below_what_failed() -> None:
    lines = report(
        [Check("disk space", True, "plenty", "x"), Check("clock", False, "it jumped", "set it")]
    ).splitlines()
    assert lines == ["ok    disk space: plenty", "FAIL  clock: it jumped", "      mend: set it"]


async def _fine() -> None:
    return None


async def _real_clock() -> ClockReading:
    return await steady_clock(lambda: datetime.now(UTC))


@pytest.mark.live
async def test_a_running_house_is_healthy_and_a_stopped_one_says_so() -> None:
    with data_folder() as data:
        async with running_node(data) as node:
            subject = DoctorSubject(
                find_tree=asterisk_tree,
                asterisk_runs=True,
                ami_port=node.site.ports.ami,
                ami_secret=node.site.secrets.ami,
                ports=ports_of(node.site),
                data=data,
                spool=data / "asterisk/spool",
                recordings=node.site.recordings,
                clock=_real_clock,
                web_host="127.0.0.1",
                web_names=(),
                tls=None,
                database=_fine,
                migrations=_fine,
            )
            checks = await examine(subject)
            assert [check for check in checks if not check.ok and check.name != "disk space"] == []
            guessed = await examine(replace(subject, ami_secret="0" * 64))
            assert [check.name for check in guessed if not check.ok and check.name != "disk space"] == [
                "AMI login and rights"
            ]
        assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600

        def none() -> AsteriskTree:
            raise InstallError("no asterisk")

        stopped = await examine(replace(subject, asterisk_runs=False, find_tree=none))
        failed = [check.name for check in stopped if not check.ok and check.name != "disk space"]
        assert failed == ["asterisk version", "AMI login"]
