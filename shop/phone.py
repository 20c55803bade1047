"""Telephone numbers: whatever a person types becomes E.164, or is refused with a reason."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as phone_zones

DEFAULT_ZONE = "Europe/Moscow"


class BadPhone(ValueError):
    """Not a number that can be dialed. The message is a reason fit for a screen; it does not repeat the number."""


def to_e164(text: str, region: str = "RU") -> str:
    """`8 (912) 345-67-89` -> `+79123456789`. `region` is where a number without a country code belongs. Raises BadPhone."""
    if len(text) > 40 or not text.isprintable():
        raise BadPhone("not a phone number")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as trouble:
        raise BadPhone("not a phone number") from trouble
    if number.extension:
        raise BadPhone("a number with an extension cannot be dialed by the engine")
    if not phonenumbers.is_valid_number(number):
        raise BadPhone("no such phone number exists in its country's plan")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(e164: str) -> str:
    """For logs and narrow rights: `+79123456789` -> `+79*******89`."""
    return f"{e164[:3]}{'*' * (len(e164) - 5)}{e164[-2:]}" if len(e164) > 7 else "*" * len(e164)


def zone_of(e164: str, default: str = DEFAULT_ZONE) -> str:
    """The IANA time zone of a number when its prefix tells exactly one (most landlines), else `default` (most mobiles)."""
    zones = phone_zones.time_zones_for_number(phonenumbers.parse(e164))
    if len(zones) != 1 or zones[0] == phone_zones.UNKNOWN_TIMEZONE:
        return default
    return str(zones[0])


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone that calling hours can be reckoned in."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
