"""What may be changed of a customer's card, by which rules; each change is a record with a way back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .customer import Customer
from .order import OrderRefused
from .phone import is_zone

MOST_PHONES = 10
LENGTHS = {"name": 200, "email": 254, "city": 100, "time_zone": 64, "note": 2000}


@dataclass(frozen=True, slots=True)
class CustomerEdit:
    """What to change; None leaves a field as it is. `phones` (E.164) is the whole new list, the first is the one to dial."""

    name: str | None = None
    phones: tuple[str, ...] | None = None
    email: str | None = None
    city: str | None = None
    time_zone: str | None = None
    language: str | None = None
    note: str | None = None


class CustomerChanged(Exception):
    """Somebody else changed the customer's card meanwhile; `current` is how it stands now, `fields` what he changed that you would."""

    def __init__(self, current: Customer, fields: tuple[str, ...]) -> None:
        super().__init__(f"customer {current.id} is at version {current.version}")
        self.current, self.fields = current, fields


_FIELDS = ("name", "phones", "email", "city", "time_zone", "language", "note")


def to_customer_record(customer: Customer) -> dict[str, Any]:
    """What of a customer may change, as JSON."""
    return {name: getattr(customer, name) for name in _FIELDS} | {"phones": list(customer.phones)}


def restored_customer(customer: Customer, record: Mapping[str, Any]) -> Customer:
    """The card as `record` tells, one version on."""
    values = {name: record[name] for name in _FIELDS} | {"phones": tuple(record["phones"])}
    return replace(customer, version=customer.version + 1, **values)


def touched(edit: CustomerEdit, base: Mapping[str, Any], current: Customer) -> tuple[str, ...]:
    """Fields that the edit would change and that somebody else has changed since `base`, to something else."""
    now = to_customer_record(current)
    wanted = {name: getattr(edit, name) for name in _FIELDS}
    wanted["phones"] = None if edit.phones is None else list(edit.phones)
    return tuple(name for name in _FIELDS if wanted[name] not in (None, now[name]) and now[name] != base[name])


def check_customer(customer: Customer, edit: CustomerEdit) -> Customer:
    """The card after the edit, one version on; the same when nothing changes. Raises OrderRefused with the field."""
    values = {name: getattr(edit, name) for name in _FIELDS if getattr(edit, name) is not None}
    for name, most in LENGTHS.items():
        if name in values:
            values[name] = values[name].strip()
            if len(values[name]) > most:
                raise OrderRefused(name, "has at most {most} characters", most=most)
    if values.get("name") == "":
        raise OrderRefused("name", "must not be empty")
    if values.get("email") and not is_address(values["email"]):
        raise OrderRefused("email", "is not an e-mail address")
    if "time_zone" in values and not is_zone(values["time_zone"]):
        raise OrderRefused("time_zone", "no such time zone; use a name such as Asia/Yekaterinburg")
    if "phones" in values:
        values["phones"] = tuple(dict.fromkeys(values["phones"]))
        if len(values["phones"]) > MOST_PHONES:
            raise OrderRefused("phones", "at most {most} telephone numbers", most=MOST_PHONES)
        if customer.phones and not values["phones"]:
            raise OrderRefused("phones", "the last telephone number stays")
    changed = replace(customer, **values)
    return customer if changed == customer else replace(changed, version=customer.version + 1)


def is_address(text: str) -> bool:
    """One @ with something before it and a domain after: whether somebody reads there, only a letter tells."""
    local, at, domain = text.rpartition("@")
    plain = not any(letter.isspace() or letter in '<>(),;:"\\' or not letter.isprintable() for letter in text)
    return bool(at and local and plain and "@" not in local and "." in domain.strip("."))
