"""Settings: the flags and the one `fieldfare.toml`, read here, checked here, frozen here."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

FILE: Final = "fieldfare.toml"
FILE_VARIABLE: Final = "FIELDFARE_SETTINGS"
KEY_VARIABLES: Final = {
    "key_id": "FIELDFARE_EVIDENCE_KEY_ID",
    "secret": "FIELDFARE_EVIDENCE_SECRET",
}
WEBHOOK_VARIABLE: Final = "FIELDFARE_WEBHOOK_SECRET"
SECRET_CHARS_MIN: Final = 16
SECRET_BYTES_MAX: Final = 10_000
# What a setting is called among the flags of a command.
FLAGS: Final = {
    **{name: name for name in ("data", "database", "host", "port", "url", "insecure", "workers")},
    "evidence_url": "evidence",
    "keys_folder": "keys",
    "tls_certificate": "tls_cert",
    "tls_key": "tls_key",
}
ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"

Minutes = Annotated[int, Meta(ge=1, le=7 * 24 * 60)]


class Unfit(Exception):
    """The server cannot be started with these settings; the message says what to change."""


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of anything is taken before a request is refused."""

    request_bytes_max: Annotated[int, Meta(ge=10_000)] = 2_000_000
    logins_per_window: Annotated[int, Meta(ge=1)] = 10
    logins_per_address: Annotated[int, Meta(ge=1)] = 50
    enrolments_per_address: Annotated[int, Meta(ge=1)] = 20
    tokens_per_address: Annotated[int, Meta(ge=1)] = 2_000
    window_minutes: Minutes = 15
    session_minutes: Minutes = 12 * 60
    device_token_minutes: Minutes = 10
    enrolment_minutes: Minutes = 15
    enrolment_tries: Annotated[int, Meta(ge=1, le=20)] = 5
    drain_days: Annotated[int, Meta(ge=1, le=365)] = 30
    silent_hours: Annotated[int, Meta(ge=1, le=30 * 24)] = 4
    forget_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    unaccepted_minutes: Minutes = 30
    unaccepted_urgent_minutes: Minutes = 10
    wipe_delay_hours: Annotated[int, Meta(ge=0, le=30 * 24)] = 4


class EvidenceKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With what the server shows a bucket who it is. Never told, not even by `repr`."""

    key_id: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return "EvidenceKeys(…)"


class Webhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateway that brings messages to customers, where there is one.

    `secret` signs what it is sent; it is never told, and may come by a file (`secret_file`) or by
    the environment. With `private` the gateway may be in the company's own network.
    """

    url: Annotated[str, Meta(max_length=2_000)] = ""
    secret: str = ""
    secret_file: Path | None = None
    private: bool = False
    timeout_s: Annotated[int, Meta(ge=1, le=60)] = 10
    tries: Annotated[int, Meta(ge=1, le=50)] = 10

    def __repr__(self) -> str:
        return f"Webhook({self.url and urlsplit(self.url).hostname!r}, …)"


KeyDigest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that differs from one installation to the next.

    `data` holds the database, the evidence and the keys, unless `database` and `evidence_url` are
    URLs and `keys_folder` another folder; what is still being uploaded is always in it.
    `evidence_keys` are those of a bucket, which may come by the environment. `proxy` is the
    address of the proxy that ends TLS in front of this server; only from there forwarded
    addresses are believed. `url` is where phones reach the server. `webhook` is what brings
    messages to customers, where there is something. `intake_keys` are SHA-256 digests of the keys
    by which other systems bring what customers ask for. An app whose version is before
    `oldest_app` is brought nothing new.
    """

    data: Path
    database: str = ""
    evidence_url: str = ""
    evidence_keys: EvidenceKeys = EvidenceKeys()
    keys_folder: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8000
    url: str = ""
    insecure: bool = False
    demo: bool = False
    proxy: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    threads: Annotated[int, Meta(ge=2, le=256)] = 16
    organisation: Annotated[str, Meta(max_length=200)] = ""
    time_zone: str = "UTC"
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    language: Annotated[str, Meta(pattern="^(en|zh)$")] = "en"
    webhook: Webhook = Webhook()
    intake_keys: tuple[KeyDigest, ...] = ()
    oldest_app: Annotated[str, Meta(pattern=r"^(\d{1,6}(\.\d{1,6}){0,2})?$(?!\n)")] = ""
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    assets: Path = ASSETS
    limits: Limits = Limits()

    @property
    def books(self) -> str | Path:
        """Where the database is: the URL given, or one SQLite file in the data folder."""
        return self.database or self.data / "fieldfare.db"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file that one process serves."""
        return self.database == "" or self.database.startswith("sqlite")

    @property
    def evidence(self) -> str:
        """Where photos and other files are: the URL given, or a folder in the data folder."""
        return self.evidence_url or f"file://{quote(str((self.data / 'evidence').absolute()))}"

    @property
    def uploads(self) -> Path:
        """The folder of files that have not all arrived; best on the disk of the evidence."""
        return self.data / "uploads"

    @property
    def keys(self) -> Path:
        """The folder of keys, apart from the database and never in the same backup."""
        return self.keys_folder or self.data / "keys"

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def public_url(self) -> str:
        """Where phones are told to find the server."""
        scheme = "https" if self.tls_certificate else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"{scheme}://{host}:{self.port}"

    @property
    def public_path(self) -> str:
        """What a proxy puts in front of every path."""
        return urlsplit(self.public_url).path.rstrip("/")


def of_flags(options: Mapping[str, Any]) -> Settings:
    """The settings by what a command was given, for a folder that holds data. Raises `Unfit`."""
    flags = {name: options.get(flag) for name, flag in FLAGS.items()}
    if flags["data"] is None:
        if not (flags["database"] and flags["keys_folder"]):
            raise Unfit("give --data, or --database with --evidence and --keys")
        flags["data"] = flags["keys_folder"]
    settings = load(flags)
    if isinstance(settings.books, Path) and not settings.books.is_file():
        raise Unfit(f"{settings.data} holds no Fieldfare data; run `fieldfare init`")
    return settings


def load(flags: Mapping[str, Any], file: Path | None = None) -> Settings:
    """The settings: flags first, then the file (given, named by the environment, or in the data).

    A flag of None was not given. Raises `Unfit`.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    path = file or _file_of(given)
    written = _with_secret(_with_keys(_written(path) if path is not None else {}))
    try:
        settings = msgspec.convert({**written, **given}, Settings, strict=False, dec_hook=_as_path)
    except msgspec.ValidationError as error:
        raise Unfit(f"{path or 'settings'}: {error}") from error
    return fit(settings)


def _with_keys(written: dict[str, Any]) -> dict[str, Any]:
    """What the file says, with the keys of the evidence's bucket that the environment holds."""
    told = {name: os.environ[one] for name, one in KEY_VARIABLES.items() if os.environ.get(one)}
    keys = written.get("evidence_keys", {})
    return {**written, "evidence_keys": {**keys, **told} if isinstance(keys, dict) else keys}


def _with_secret(written: dict[str, Any]) -> dict[str, Any]:
    """What the file says, with the webhook's secret that a file or the environment holds."""
    told = written.get("webhook", {})
    given = os.environ.get(WEBHOOK_VARIABLE, "")
    if not isinstance(told, dict) or not (given or told.get("secret_file")):
        return written
    if not given:
        given = _read_secret(Path(str(told["secret_file"])))
    return {**written, "webhook": {**told, "secret": given}}


def _read_secret(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(SECRET_BYTES_MAX).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unfit(f"webhook.secret_file: {path} cannot be read: {error}") from None


def fit(settings: Settings) -> Settings:
    """The settings, if a server may be started with them. Raises `Unfit`."""
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unfit(f"time_zone: there is no zone {settings.time_zone!r}") from error
    if settings.workers > 1 and settings.is_embedded:
        raise Unfit("workers: SQLite serves one process; take PostgreSQL for more")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise Unfit("tls_certificate and tls_key: give both or neither")
    if settings.demo and not is_loopback(settings.host):
        raise Unfit("host: the demo company and its known passwords stay on this machine")
    if settings.webhook.url:
        _fit_webhook(settings.webhook)
    if not _is_private(settings):
        raise Unfit(
            f"host: plain HTTP on {settings.host} can be read by anyone on the way; give "
            "tls_certificate and tls_key, name the proxy that ends TLS, or say insecure"
        )
    return settings


def _fit_webhook(webhook: Webhook) -> None:
    """See that messages go only where they are meant to, and that nobody reads them on the way."""
    host, scheme = _host_of(webhook.url)
    if not host or scheme not in ("http", "https"):
        raise Unfit("webhook.url: give an address like https://gateway.example/fieldfare")
    if scheme == "http" and not is_loopback(host):
        raise Unfit("webhook.url: messages name customers; plain HTTP is for this machine only")
    if is_loopback(host) and not webhook.private:
        raise Unfit("webhook.url: say webhook.private for a gateway on this machine")
    if len(webhook.secret) < SECRET_CHARS_MIN:
        raise Unfit(
            f"webhook.secret: give at least {SECRET_CHARS_MIN} characters, in a file "
            f"(webhook.secret_file) or by {WEBHOOK_VARIABLE}"
        )


def _host_of(url: str) -> tuple[str, str]:
    """Host and scheme of an address; no host where it is none, or names a user."""
    try:
        parts = urlsplit(url)
        return (
            parts.hostname or "" if parts.port != 0 and "@" not in parts.netloc else ""
        ), parts.scheme
    except ValueError:
        return "", ""


def _is_private(settings: Settings) -> bool:
    """Whether nobody on the way can read what is sent, or somebody took the blame for it."""
    return (
        settings.tls_certificate is not None
        or settings.insecure
        or settings.proxy != ""
        or is_loopback(settings.host)
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _as_path(wanted: type, given: Any) -> Any:
    if wanted is Path and isinstance(given, str | Path):
        return Path(given)
    raise TypeError(f"Expected `{wanted.__name__}`, got `{type(given).__name__}`")


def _file_of(given: Mapping[str, Any]) -> Path | None:
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named)
    beside = Path(given["data"]) / FILE if "data" in given else Path(FILE)
    return beside if beside.is_file() else None


def _written(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unfit(f"{path}: {error}") from error
    for name in ("data", "keys_folder", "tls_certificate", "tls_key", "assets"):
        if isinstance(written.get(name), str):
            written[name] = path.absolute().parent / written[name]
    webhook = written.get("webhook")
    if isinstance(webhook, dict) and isinstance(webhook.get("secret_file"), str):
        webhook["secret_file"] = path.absolute().parent / webhook["secret_file"]
    return written
