"""What an operator may set: one frozen object, read once from the environment and handed down.

Every field is read from `HOLDSPACE_<NAME>`. Nothing else in the project reads the environment.
"""

from __future__ import annotations

import json
import os
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork, JsonValue, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.ice_setting import is_turn_url, trouble_with
from server.mail.sender import default_sender, envelope_address, has_controls, read_sender
from server.secret import MAX_TOKEN_CHARS

if TYPE_CHECKING:
    from email.headerregistry import Address

Port = Annotated[int, Field(ge=1, le=65535)]

PREFIX = "HOLDSPACE_"
MANAGE_TOKEN = "HOLDSPACE_MANAGE_TOKEN"  # noqa: S105 - its name
"""No setting: `holdspace calls` shows it for one call."""
TURN_TTL_MINUTES = 720
MAX_SUBJECT_CHARS = 100


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_bearable(key: str) -> bool:
    """Whether a key arrives as it is in `Authorization: Bearer <key>`."""
    return len(key) <= MAX_TOKEN_CHARS and key.isascii() and key.isprintable() and key == key.strip()


class Settings(BaseSettings):
    """The whole configuration of one server process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    host: str = "127.0.0.1"
    """Address to listen on for HTTP."""
    port: Port = 8080
    """TCP port for HTTP."""
    public_url: str = ""
    """Where people reach this server, such as `https://talk.example.org`, no path; empty: host and port."""
    data_dir: Path = Path("var")
    """Directory of the embedded database; made when it is missing, readable by its owner alone."""
    database_url: str = ""
    """Another SQLite file, as `sqlite+aiosqlite:///<path>`; empty: `holdspace.sqlite3` in `data_dir`."""
    organizer_key: SecretStr | None = None
    """When set, scheduling a call needs `Authorization: Bearer <this key>`."""
    secret_key: SecretStr | None = None
    """32 random bytes as base64, which open the names and addresses in the database; unset: `holdspace.key` in `data_dir`."""
    open_scheduling: bool | None = None
    """Whether anybody may schedule a call; unset: only where the server serves this machine alone and no key is set."""
    therapists: Annotated[tuple[str, ...], NoDecode] = ()
    """E-mail addresses, separated by commas, that may sign in to the desk; a server for this machine alone lets any in."""
    calls_per_hour: Annotated[int, Field(ge=0)] = 30
    """Most calls that one address may schedule in an hour where anybody may; 0: no limit."""
    keep_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """Days after its end for which a call's names, addresses and titles are kept; then their keys are destroyed."""
    smtp_host: str = ""
    """The mail server that takes letters; empty: each letter becomes a file in `outbox` in `data_dir`."""
    smtp_port: Port | None = None
    """Its port; unset: 587, or 465 with `tls`."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to it is protected; `none` is for a mail server on this machine."""
    smtp_user: str = ""
    """Name to log in with; empty: no login."""
    smtp_password: Annotated[SecretStr | None, Field(validate_default=True)] = None
    """Password to log in with."""
    mail_from: Annotated[str, Field(validate_default=True)] = ""
    """Who letters come from, such as `Appointments <appointments@talk.example.org>`; needed with `smtp_host`."""
    mail_subject: str = "An appointment"
    """Subject of letters and of calendar entries: others may see the screen it appears on."""
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    """Proxies whose `X-Forwarded-For` is believed: IP addresses or networks, separated by commas."""
    max_therapists: Annotated[int, Field(ge=0, le=2)] = 1
    """Most therapists in one call; every call has `2 + max_therapists` seats."""
    door_minutes_before: Annotated[int, Field(ge=0, le=24 * 60)] = 10
    """Minutes before the start at which the door opens."""
    door_minutes_after: Annotated[int, Field(ge=0, le=24 * 60)] = 60
    """Minutes after the planned end at which the door closes to a call that has not begun."""
    formats_dir: Path | None = None
    """Folder of formats of one's own (`*.toml`), which add to those that come with Holdspace or replace them by name."""
    media_addresses: Annotated[tuple[str, ...], NoDecode] = ()
    """Local IP addresses for media, separated by commas; empty: every interface, loopback included."""
    media_port_range: Annotated[tuple[Port, Port] | None, NoDecode] = None
    """Lowest and highest UDP port for media, such as `40000-40100`; unset: any free port."""
    announced_address: str | None = None
    """The public IP address told to clients instead of the local one (a server behind 1:1 NAT)."""
    packet_path: Literal["auto", "python", "compiled"] = "auto"
    """How media packets pass: `compiled` (in C; refuses to start where it was not built), `python`, or the best there is."""
    ice_servers: Annotated[tuple[dict[str, JsonValue], ...], NoDecode] = ()
    """STUN and TURN servers told to browsers, as a JSON array of RTCIceServer objects."""
    turn_urls: Annotated[tuple[str, ...], NoDecode] = ()
    """Relays that share `turn_secret` with this server: `turn:` and `turns:` URLs (RFC 7065), separated by commas."""
    turn_secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    """The relays' shared secret (coturn's `static-auth-secret`): every browser gets a pass of its own that expires."""
    turn_ttl_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = TURN_TTL_MINUTES
    """Minutes for which such a pass is good; it is made when somebody joins, so it must outlast a call."""
    metrics_key: SecretStr | None = None
    """When set, `/metrics` needs `Authorization: Bearer <this key>`; unset, it is there on loopback alone."""
    max_rooms: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Most calls that take place at once; more are told to come back later. Bounds memory: cores carry far fewer with picture."""
    max_strangers: Annotated[int, Field(ge=0, le=10_000)] = 50
    """Most connections at closed doors that are told so through a WebSocket, all calls together; more are told in plain HTTP."""
    max_kept: Annotated[int, Field(ge=0, le=100_000)] = 1000
    """Most conversations that are remembered, in memory alone, while nobody is in them; a few KiB each."""
    log_format: Literal["console", "json"] = "console"
    """How log lines are written to standard error."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important level that is logged."""

    @field_validator("public_url")
    @classmethod
    def _origin_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be scheme, host and port alone, without a path")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _file_only(cls, value: str) -> str:
        scheme, _, path = value.partition(":///")
        if value and (scheme != "sqlite+aiosqlite" or not path or path.startswith(":memory:")):
            raise ValueError("must be sqlite+aiosqlite:/// and the path of a file")
        return value

    @field_validator("formats_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("organizer_key", "metrics_key")
    @classmethod
    def _key_not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("must not be empty; leave it unset to go without a key")
        if value is not None and not _is_bearable(value.get_secret_value()):
            raise ValueError(
                f"must have at most {MAX_TOKEN_CHARS} printable ASCII characters and no space at its ends: "
                "nothing else can be shown as a bearer token"
            )
        return value

    @field_validator("media_addresses", "trusted_proxies", "turn_urls", "therapists", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("therapists")
    @classmethod
    def _letters_reach_them(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                envelope_address(address)
            except ValueError:
                raise ValueError("must be e-mail addresses such as name@example.org") from None
        return value

    @field_validator("media_port_range", mode="before")
    @classmethod
    def _split_range(cls, value: Any) -> Any:
        return tuple(value.split("-")) if isinstance(value, str) else value

    @field_validator("media_port_range")
    @classmethod
    def _range_in_order(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and value[0] > value[1]:
            raise ValueError("the lowest port stands first")
        return value

    @field_validator("ice_servers", mode="before")
    @classmethod
    def _read_servers(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(json.loads(value))
        except (ValueError, TypeError):
            raise ValueError("must be a JSON array of objects") from None

    @field_validator("ice_servers")
    @classmethod
    def _taken_by_browsers(cls, value: tuple[dict[str, JsonValue], ...]) -> tuple[dict[str, JsonValue], ...]:
        for server in value:
            if trouble := trouble_with(server):
                raise ValueError(trouble)
        return value

    @field_validator("turn_urls")
    @classmethod
    def _turn_urls_only(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(is_turn_url(url) for url in value):
            raise ValueError(
                "must be such as turn:turn.example.org:3478?transport=udp or turns:turn.example.org"
            )
        return value

    @field_validator("turn_secret")
    @classmethod
    def _secret_beside_urls(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("must not be empty; leave it unset without a relay")
        # Missing here: the URLs themselves were refused, and that is said already.
        if "turn_urls" in info.data and bool(info.data["turn_urls"]) != (value is not None):
            raise ValueError("HOLDSPACE_TURN_URLS and HOLDSPACE_TURN_SECRET are set together or not at all")
        return value

    @field_validator("turn_ttl_minutes")
    @classmethod
    def _of_some_relay(cls, value: int, info: ValidationInfo) -> int:
        if value != TURN_TTL_MINUTES and info.data.get("turn_urls") == ():
            raise ValueError("does nothing without HOLDSPACE_TURN_URLS and HOLDSPACE_TURN_SECRET")
        return value

    @field_validator("smtp_host")
    @classmethod
    def _a_host(cls, value: str) -> str:
        name = value if value.count(":") < 2 else ""  # noqa: PLR2004 - more colons are an IPv6 address
        if not value.isprintable() or set(value) & set(" /@,;[]") or ":" in name:
            raise ValueError("must be the name or the address of one host, without a port")
        return value

    @field_validator("smtp_port", "smtp_security", "smtp_user")
    @classmethod
    def _of_some_mail_server(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("smtp_host") == "" and value not in {None, "", "starttls"}:
            raise ValueError("does nothing without HOLDSPACE_SMTP_HOST")
        return value

    @field_validator("smtp_user")
    @classmethod
    def _login_in_private(cls, value: str, info: ValidationInfo) -> str:
        host = info.data.get("smtp_host", "")
        if value and info.data.get("smtp_security") == "none" and not is_loopback(host):
            raise ValueError(
                "a login would cross the network in the clear; set HOLDSPACE_SMTP_SECURITY to starttls or tls"
            )
        return value

    @field_validator("smtp_password")
    @classmethod
    def _user_with_password(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        given = value is not None and bool(value.get_secret_value())
        if "smtp_user" in info.data and bool(info.data["smtp_user"]) != given:
            raise ValueError("HOLDSPACE_SMTP_USER and HOLDSPACE_SMTP_PASSWORD are set together or not at all")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, value: str, info: ValidationInfo) -> str:
        if value:
            read_sender(value)
        elif info.data.get("smtp_host"):
            raise ValueError(
                "say whom letters come from, such as Appointments <appointments@talk.example.org>"
            )
        return value

    @field_validator("mail_subject")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.strip() or len(value) > MAX_SUBJECT_CHARS or has_controls(value):
            raise ValueError(f"must be one line of 1 to {MAX_SUBJECT_CHARS} characters")
        return value.strip()

    @property
    def sender(self) -> Address:
        """Whom letters come from, and who asks in calendar entries (ORGANIZER)."""
        return read_sender(self.mail_from) if self.mail_from else default_sender(self.base_url)

    @property
    def base_url(self) -> str:
        """Where people reach this server, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def https(self) -> bool:
        """Whether people reach this server over TLS."""
        return self.base_url.startswith("https://")

    @property
    def for_this_machine(self) -> bool:
        """Whether it serves this machine alone: listens on loopback, under its name, and knows of no proxy."""
        name = urlsplit(self.base_url).hostname or ""
        return is_loopback(self.host) and is_loopback(name) and not self.trusted_proxies

    @property
    def anybody_schedules(self) -> bool:
        """Whether a call can be scheduled without a key or a desk."""
        if self.open_scheduling is not None:
            return self.open_scheduling
        return self.for_this_machine and self.organizer_key is None

    @property
    def has_desk(self) -> bool:
        """Whether there are therapists who can sign in."""
        return bool(self.therapists) or self.for_this_machine

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL that is really used."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'holdspace.sqlite3'}"

    @property
    def seats(self) -> int:
        """How many people one call can hold."""
        return 2 + self.max_therapists


def unknown_variables() -> list[str]:
    """Say of each variable of the environment that looks like a setting, and is none, what was probably meant.

    A misspelt key would otherwise leave open what its operator believes to be closed.
    """
    known = [MANAGE_TOKEN, *(f"{PREFIX}{name}".upper() for name in Settings.model_fields)]
    found = []
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = get_close_matches(name.upper(), known, 1)
            found.append(f"{name}: there is no such setting" + (f"; {nearest[0]}?" if nearest else ""))
    return found
