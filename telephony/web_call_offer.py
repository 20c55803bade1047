"""What a page offers when it calls: looked through before any library parses it. Pure.

A page without network addresses is not refused: its first packets show where it is. One that never sends any ends at the
connecting deadline.
"""

import re
from enum import StrEnum

MAX_OFFER = 16_384  # letters; a browser's offer of one microphone and one data channel has 2,000 to 4,000
MAX_LINE = 1_000


class OfferFault(StrEnum):
    """What is wrong with an offer."""

    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    NO_AUDIO = "no_audio"
    NO_ULAW = "no_ulaw"
    EXTRA_MEDIA = "extra_media"


class OfferRefused(Exception):
    """The offer cannot become a call."""

    def __init__(self, fault: OfferFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


_NEEDED = (re.compile(r"a=ice-ufrag:\S+"), re.compile(r"a=ice-pwd:\S+"), re.compile(r"a=fingerprint:\S+ [0-9A-Fa-f:]+"))
_ULAW = re.compile(r"a=rtpmap:\d+ PCMU/8000(/1)?", re.IGNORECASE)


def check_offer(sdp: str) -> None:
    """Raises OfferRefused. What passes has one microphone that can speak u-law, at most one data channel, and keys to both."""
    if len(sdp) > MAX_OFFER:
        raise OfferRefused(OfferFault.TOO_LONG)
    lines = sdp.replace("\r\n", "\n").split("\n")
    if lines[0] != "v=0" or any(len(line) > MAX_LINE or not _is_line(line) for line in lines if line):
        raise OfferRefused(OfferFault.UNREADABLE)
    media = [line[2:].split(" ")[0] for line in lines if line.startswith("m=")]
    if "audio" not in media:
        raise OfferRefused(OfferFault.NO_AUDIO)
    if sorted(media) not in (["audio"], ["application", "audio"]):
        raise OfferRefused(OfferFault.EXTRA_MEDIA)
    if any(not any(pattern.fullmatch(line) for line in lines) for pattern in _NEEDED):
        raise OfferRefused(OfferFault.UNREADABLE)
    if not any(_ULAW.fullmatch(line) for line in lines):
        raise OfferRefused(OfferFault.NO_ULAW)


def _is_line(line: str) -> bool:
    return len(line) >= 2 and line[0].isalpha() and line[1] == "=" and line.isprintable()
