"""Numbers of long lists: whatever a person typed becomes E.164 and a zone, as shop/phone.py and calling_hours.py say, but a hundred
times faster where the numbers are Russian or Kazakh. Pure.

In the plan of +7 the first six digits of a ten-digit number decide whether it exists and which zones it may be in
(tests/dialer/test_phone_reading.py tries it), so they are asked for once. All other numbers go the long way.
"""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import timezone as number_zones

from ..shop.phone import BadPhone, to_e164
from .calling_hours import zone_among, zone_of

_SPARE = str.maketrans("", "", " \u00a0()-.")
_SHORT_WAY = re.compile(r"(?:\+7|8|7)([3479]\d{9})|([349]\d{9})", re.ASCII)
PREFIX = 6
LONGEST = 40
_KEPT = 200_000  # prefixes; more than there are of mobile telephones
_NO_SUCH = "no such phone number exists in its country's plan"


def read_phone(text: str, home_zone: str) -> tuple[str, str]:
    """E.164 and zone of what was typed; a number without a country code is Russian. Raises BadPhone."""
    if len(text) > LONGEST or (short := _SHORT_WAY.fullmatch(text.translate(_SPARE))) is None:
        text = text.replace("\u00a0", " ").strip()  # spreadsheets like that space
        if len(text) > LONGEST:
            raise BadPhone("not a phone number")
        short = _SHORT_WAY.fullmatch(text.translate(_SPARE))
    if short is None:
        if any(letter.isalpha() for letter in text):
            raise BadPhone("there are letters in the phone number")  # on a telephone's keys they would be digits
        phone = to_e164(text)
        return phone, zone_of(phone, None, home_zone)
    number = short[1] or short[2]
    zone = _zone_in_7(number[:PREFIX], home_zone)
    if zone is None:
        raise BadPhone(_NO_SUCH)
    return f"+7{number}", zone


@lru_cache(maxsize=_KEPT)
def _zone_in_7(prefix: str, home_zone: str) -> str | None:
    """The zone of the numbers that begin like this; None when there are no such numbers."""
    number = phonenumbers.PhoneNumber(country_code=7, national_number=int(prefix.ljust(10, "0")))
    if not phonenumbers.is_valid_number(number):
        return None
    return zone_among(tuple(number_zones.time_zones_for_number(number)), home_zone)
