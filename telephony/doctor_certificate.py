"""What can be wrong with a web certificate, in words for a person."""

import fnmatch
import ipaddress
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from .site import TlsFiles

SOON = timedelta(days=7)


def certificate_fault(tls: TlsFiles, names: tuple[str, ...], now: datetime) -> str | None:
    """The first fault of the certificate and key for a site that is reached by `names`; None when there is none."""
    for path in (tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            return f"{path} cannot be read: {error.strerror}"
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.certificate, tls.key)
        certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    except (ssl.SSLError, ValueError):
        return f"{tls.certificate} and {tls.key} are not a certificate and its key (PEM)"
    return _time_fault(tls.certificate, certificate, now) or _name_fault(certificate, names)


def _time_fault(path: Path, certificate: x509.Certificate, now: datetime) -> str | None:
    if now < certificate.not_valid_before_utc:
        return f"{path} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    end = certificate.not_valid_after_utc
    if now >= end:
        return f"{path} expired on {end:%Y-%m-%d}"
    return f"{path} expires on {end:%Y-%m-%d}" if end - now < SOON else None


def _name_fault(certificate: x509.Certificate, names: tuple[str, ...]) -> str | None:
    try:
        written = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "the certificate names no host (no subjectAltName), browsers refuse it"
    hosts = [name.lower() for name in written.get_values_for_type(x509.DNSName)]
    addresses = {str(address) for address in written.get_values_for_type(x509.IPAddress)}
    missing = [name for name in names if name not in addresses and not _covered(name.lower(), hosts)]
    return f"the certificate is not for {', '.join(missing)}" if missing else None


def _covered(name: str, hosts: list[str]) -> bool:
    try:
        ipaddress.ip_address(name)
        return False
    except ValueError:
        return any(host == name or _wildcard(host, name) for host in hosts)


def _wildcard(host: str, name: str) -> bool:
    """`*.shop.ru` covers one label only."""
    return host.startswith("*.") and name.count(".") == host.count(".") and fnmatch.fnmatchcase(name, host)
