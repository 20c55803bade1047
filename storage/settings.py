"""What a site may set: environment variables `CORDBOARD_…`, or the same names in small letters in DIR/cordboard.toml."""

from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

_HOURS = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class BadSettings(Exception):
    """A setting cannot be used; the text names it and says why, on one line."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone, such as Europe/Moscow")
    return name


Port = Annotated[int, Field(ge=0, le=65535)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Seconds = Annotated[int, Field(ge=1, le=3600)]
TrunkName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
FIRST_TRUNK = "trunk"
_TAKEN = frozenset({FIRST_TRUNK, "global", "system", "udp", "ws", "fallback"})
"""Names that sections of Asterisk's configuration have already."""


class TrunkSettings(BaseModel):
    """One more trunk, as `trunk`, `trunk_password` and `trunk_match` describe the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str
    password: str | None = None
    match: tuple[str, ...] = ()


def _names(trunks: dict[str, TrunkSettings]) -> dict[str, TrunkSettings]:
    for name in trunks:
        if name in _TAKEN or name.startswith("agent-"):
            raise ValueError(f"{name} is taken: give the trunk another name (the first trunk is described by `trunk`)")
    return trunks


class Settings(BaseSettings):
    """Port 0 means: one that is free, kept from then on. Times in s, instants of the day as HH:MM-HH:MM."""

    model_config = SettingsConfigDict(env_prefix="CORDBOARD_", extra="forbid", frozen=True)

    database_url: str = ""
    bind: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""
    shop_name: str = "Cordboard"
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Moscow"
    language: Annotated[str, Field(pattern="^(ru|en)$")] = "ru"

    trunk: str | None = None
    trunk_password: str | None = None
    trunk_match: tuple[str, ...] = ()
    trunks: Annotated[dict[TrunkName, TrunkSettings], AfterValidator(_names)] = {}
    inbound_number: Annotated[str, Field(pattern=r"^\+?[0-9]{2,18}$")] = "74950000100"
    caller_id: Annotated[str, Field(pattern=r"^(\+?[0-9]{2,18})?$")] = ""
    sip_bind: str = "127.0.0.1"
    sip_port: Port = 0
    ami_port: Port = 0
    asterisk_http_port: Port = 0
    rtp_start: Port = 0
    rtp_ports: Annotated[int, Field(ge=20, le=40000)] = 2000
    external_address: str | None = None
    asterisk_of: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    queue_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,38}$")] = "orders"
    ring_s: Seconds = 20
    wrap_up_s: Seconds = 60
    dial_ring_s: Annotated[int, Field(ge=15, le=120)] = 30
    calling_hours: Annotated[str, Field(pattern=_HOURS)] = "09:00-21:00"
    dial_allowed: tuple[str, ...] = ()
    dial_rates: dict[str, Annotated[float, Field(ge=0, le=100_000)]] = {}
    dial_minutes_a_day: Annotated[int | None, Field(ge=1)] = None
    dial_money_a_day: Annotated[float | None, Field(gt=0)] = None
    sound_processing: bool = True
    chat_grace_s: Seconds = 120

    shop_url: Annotated[str, Field(pattern=r"^(https?://\S{1,500})?$")] = ""
    shop_key: str = ""
    shop_timeout_s: Annotated[float, Field(ge=0.1, le=60)] = 5.0
    mail_url: Annotated[str, Field(pattern=r"^((smtp|smtps|smtp\+plain)://\S{1,500})?$")] = ""
    mail_from: Annotated[str, Field(pattern=r"^([^\s@]+@[^\s@]+)?$")] = ""
    sms_url: Annotated[str, Field(pattern=r"^(https?://\S{1,500})?$")] = ""
    sms_key: str = ""
    discount_percent: Annotated[int, Field(ge=0, le=100)] = 10

    callback_page: bool = True
    callback_countries: Annotated[tuple[Country, ...], Field(min_length=1)] = ("RU",)
    callback_per_address: Annotated[int, Field(ge=1, le=1000)] = 5
    callback_per_number: Annotated[int, Field(ge=1, le=100)] = 3
    callback_per_day: Annotated[int, Field(ge=1, le=100_000)] = 500

    demo_carrier: bool = True
    demo_calls_per_minute: Annotated[float, Field(ge=0, le=60)] = 1.0
    demo_scripts: bool = True

    @property
    def has_trunk(self) -> bool:
        """Whether a carrier of the site's own is set; else only the demo's is called."""
        return self.trunk is not None or bool(self.trunks)

    @property
    def trunk_names(self) -> tuple[str, ...]:
        """In the order in which calls prefer them."""
        first = (FIRST_TRUNK,) if self.trunk is not None or not self.trunks else ()
        return (*first, *self.trunks)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(data: Path, **given: object) -> Settings:
    """What was given on the command line, else the environment, else DIR/cordboard.toml, else the default. Raises BadSettings."""
    chosen = {name: value for name, value in given.items() if value is not None}

    class SiteSettings(Settings):
        model_config = SettingsConfigDict(toml_file=data / "cordboard.toml")

    try:
        settings = SiteSettings(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise BadSettings(f"setting {where}: {problem['msg']}") from error
    except ValueError as error:
        raise BadSettings(f"{data / 'cordboard.toml'}: {error}") from error
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise BadSettings("setting tls_certificate goes with tls_key: give both or neither")
    return settings
