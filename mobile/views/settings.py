"""How this phone is set and how it stands with the office, down to the checksum."""

from typing import Final

from msgspec import Struct

from mobile.queries import Condition
from mobile.service import app_name
from mobile.texts import Words
from mobile.views.chip import SyncChip
from mobile.views.photos import told
from mobile.views.work_order import Tone

LITTLE_BYTES: Final = 200_000_000
CLOCK_RIGHT_MS: Final = 5_000
LANGUAGES: Final = (("en", "English"), ("zh", "中文"))
THEMES: Final = ("system", "light", "dark", "outdoor")
SCALES: Final = (("1.0", "text_normal"), ("1.3", "text_large"), ("1.6", "text_huge"))
STYLES: Final = ("full", "compact")
LOG_TONES: Final[dict[str, Tone]] = {"grew": "neutral", "signed": "success", "bad": "danger"}
PHOTOS: Final = (("all", "photos_all"), ("needed", "photos_needed"))


class Fact(Struct, frozen=True, kw_only=True):
    """Something known of this phone, and whether it is well."""

    name: str
    value: str
    tone: Tone = "neutral"


class Option(Struct, frozen=True, kw_only=True):
    """One choice: its code, what it is called, and whether it is the one taken."""

    code: str
    label: str
    chosen: bool = False


class SettingsView(Struct, frozen=True, kw_only=True):
    """All of the settings. `storage_note` warns where there is little room."""

    name: str
    person: str
    languages: tuple[Option, ...]
    themes: tuple[Option, ...]
    scales: tuple[Option, ...]
    styles: tuple[Option, ...]
    photos: tuple[Option, ...]
    pin: str
    pin_set: bool
    storage: tuple[Fact, ...]
    storage_note: str
    sync: tuple[Fact, ...]
    diagnostics: tuple[Fact, ...]
    about: tuple[Fact, ...]


class Known(Struct, frozen=True, kw_only=True):
    """What the settings are told with: how things are set, and how the phone is."""

    login: str
    code: str
    server: str
    theme: str
    text_scale: float
    list_style: str
    photos: str
    pin_set: bool
    used_bytes: int
    chip: SyncChip
    condition: Condition


def settings(known: Known, words: Words, now: int) -> SettingsView:
    """The settings in words."""
    condition = known.condition
    scale = f"{known.text_scale:.1f}"
    little = condition.free_bytes < LITTLE_BYTES
    return SettingsView(
        name=condition.name,
        person=words.join(known.code, known.login),
        languages=_options(dict(LANGUAGES), words.language),
        themes=_options({one: words("settings", f"theme_{one}") for one in THEMES}, known.theme),
        scales=_options({code: words("settings", name) for code, name in SCALES}, scale),
        styles=_options({one: words("today", one) for one in STYLES}, known.list_style),
        photos=_options({code: words("settings", name) for code, name in PHOTOS}, known.photos),
        pin=words("settings", "pin_on" if known.pin_set else "pin_off"),
        pin_set=known.pin_set,
        storage=(
            Fact(
                name=words("settings", "free"),
                value=words.size(condition.free_bytes),
                tone="warning" if little else "neutral",
            ),
            Fact(name=words("settings", "used"), value=words.size(known.used_bytes)),
        ),
        storage_note=words("settings", "free_little") if little else "",
        sync=_sync(known, words, now),
        diagnostics=_diagnostics(known, words, now),
        about=(Fact(name=words("settings", "version"), value=app_name()),),
    )


def _options(labels: dict[str, str], chosen: str) -> tuple[Option, ...]:
    return tuple(
        Option(code=code, label=label, chosen=code == chosen) for code, label in labels.items()
    )


def _sync(known: Known, words: Words, now: int) -> tuple[Fact, ...]:
    condition = known.condition
    contact = condition.last_contact
    facts = [
        Fact(
            name=words("settings", "last_contact"),
            value=words.ago(contact, now) if contact else words("settings", "never"),
        ),
        Fact(name=words("settings", "pending"), value=_count(condition.pending, words)),
    ]
    if condition.photos:
        safe = told(condition.photos, condition.photos_safe, words)
        facts.append(Fact(name=words("photos", "title"), value=safe))
    if condition.oldest is not None:
        oldest = words.moment(condition.oldest, now)
        facts.append(Fact(name=words("settings", "oldest"), value=oldest))
    if condition.attention:
        count = str(condition.attention)
        facts.append(Fact(name=words("settings", "attention"), value=count, tone="danger"))
    return tuple(facts)


def _diagnostics(known: Known, words: Words, now: int) -> tuple[Fact, ...]:
    condition = known.condition
    sum_code = "checksum_ok" if condition.checksum_ok else "checksum_bad"
    return (
        Fact(
            name=words("settings", "clock"),
            value=clock_error(condition.clock_skew_ms, words),
            tone="danger" if condition.clock_skewed else "neutral",
        ),
        Fact(
            name=words("settings", "checksum"),
            value=words("settings", sum_code),
            tone="success" if condition.checksum_ok else "danger",
        ),
        Fact(
            name=words("settings", "examined"),
            value=words.ago(condition.examined, now)
            if condition.examined
            else words("settings", "examined_never"),
        ),
        Fact(
            name=words("settings", "log"),
            value=words("settings", f"log_{condition.log}"),
            tone=LOG_TONES[condition.log],
        ),
        Fact(name=words("settings", "streams"), value=str(condition.streams)),
        Fact(name=words("settings", "server"), value=known.server),
        Fact(name=words("settings", "device"), value=condition.device[-8:]),
        Fact(name=words("settings", "epoch"), value=condition.epoch or words("settings", "never")),
    )


def clock_error(skew_ms: int | None, words: Words) -> str:
    """How wrong this phone's clock is: positive is fast."""
    if skew_ms is None:
        return words("settings", "clock_unknown")
    if abs(skew_ms) <= CLOCK_RIGHT_MS:
        return words("settings", "clock_right")
    code = "clock_fast" if skew_ms > 0 else "clock_slow"
    return words("settings", code, much=words.duration(skew_ms))


def _count(count: int, words: Words) -> str:
    return str(count) if count else words("settings", "nothing")
