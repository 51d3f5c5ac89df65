"""The photos of a job: the places that ask for one, what was taken, and how safe each is."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from mobile.darkroom import Slip, fault
from mobile.queries import Sheet
from mobile.queries.photos import Pictured
from mobile.texts import Words
from mobile.views.work_order import Mark, Tone

CLOSED: Final = ("cancelled", "handed_in")
TONES: Final[dict[str, Tone]] = {
    "safe": "success",
    "sending": "info",
    "waiting": "info",
    "elsewhere": "neutral",
    "set_aside": "danger",
    "refused": "danger",
    "making": "neutral",
    "failed": "danger",
}
ICONS: Final[dict[str, str]] = {
    "safe": "cloud_done",
    "sending": "cloud_upload",
    "waiting": "smartphone",
    "elsewhere": "devices",
    "set_aside": "error",
    "refused": "error",
    "making": "hourglass_top",
    "failed": "broken_image",
}
PHRASES: Final = (
    "before",
    "after",
    "damage",
    "old_part",
    "new_part",
    "nameplate",
    "reading",
    "surroundings",
)
AUDIENCES: Final = ("customer", "internal")
DROP_REASONS: Final = ("blurred", "wrong_job", "twice", "private", "customer_objects")


class Slot(Struct, frozen=True, kw_only=True):
    """A place that asks for a picture and has none."""

    code: str
    label: str
    required: str


class Tile(Struct, frozen=True, kw_only=True):
    """One picture. `raw` tells that it is none of the job's photos yet."""

    id: str
    caption: str
    when: str
    state: Mark
    thumb: Path | None
    is_internal: bool = False
    is_drawing: bool = False
    raw: bool = False

    @property
    def spoken(self) -> str:
        """What is said of it aloud."""
        return ", ".join(one for one in (self.caption, self.when, self.state.text) if one)


class PhotosView(Struct, frozen=True, kw_only=True):
    """The screen: how many are safe, what is still to be taken, what there is, newest first."""

    progress: str
    detail: str
    share: float
    tone: Tone
    slots: tuple[Slot, ...]
    tiles: tuple[Tile, ...]
    is_open: bool


class PhotoView(Struct, frozen=True, kw_only=True):
    """One photo, large. `state` says in a sentence what its tile says in a word."""

    id: str
    title: str
    caption: str
    audience: str
    is_internal: bool
    when: str
    state: Mark
    told: str
    full: Path | None
    thumb: Path | None
    sha256: str
    size: tuple[int, int]
    is_open: bool


class Described(Struct, frozen=True, kw_only=True):
    """What may be said of a photo: its places, its audience, and phrases that save typing."""

    slots: tuple[tuple[str, str], ...]
    audiences: tuple[tuple[str, str], ...]
    phrases: tuple[str, ...]


def photos(
    sheet: Sheet, pictured: Iterable[Pictured], slips: Iterable[Slip], words: Words, now: int
) -> PhotosView:
    """The photos of a job, with those that are still being made."""
    known = tuple(pictured)
    raw = tuple(slips)
    named = {one.code: str(getattr(one, words.language)) for one in sheet.slots}
    filled = {one.photo.slot for one in known} | {one.slot for one in raw if not one.fault}
    safe = sum(one.state == "safe" for one in known)
    count = len(known) + sum(not one.fault for one in raw)  # what failed is no photo
    slots = tuple(
        Slot(
            code=one.code,
            label=named[one.code],
            required=words("photos", "required") if one.required else "",
        )
        for one in sorted(sheet.slots, key=lambda one: not one.required)
        if one.code not in filled
    )
    return PhotosView(
        progress=told(count, safe, words),
        detail=_detail(known, raw, words),
        share=safe / count if count else 0.0,
        tone="success" if count and safe == count else "info",
        slots=slots,
        tiles=(
            *(_raw(one, named, words, now) for one in reversed(raw)),
            *(_tile(one, named, words, now) for one in reversed(known)),
        ),
        is_open=may_add(sheet),
    )


def told(count: int, safe: int, words: Words) -> str:
    """How many photos were taken, and how many of them the office has."""
    if not count:
        return words("photos", "none")
    code = "all_sent" if safe == count else "some_sent" if safe else "none_sent"
    return words("photos", code, count=count, safe=safe)


def may_add(sheet: Sheet) -> bool:
    """Whether a photo, a charge or a payment can still be recorded on a job from this phone."""
    return not sheet.job.leaving and sheet.order.status not in CLOSED


def photo(sheet: Sheet, pictured: Pictured, words: Words, now: int) -> PhotoView:
    """One photo, large."""
    one = pictured.photo
    named = {slot.code: str(getattr(slot, words.language)) for slot in sheet.slots}
    slot = named.get(one.slot, "")
    return PhotoView(
        id=one.id,
        title=slot or words("photos", "drawing" if one.drawn_on else "photo"),
        caption=one.caption,
        audience=words("photos", one.audience),
        is_internal=one.audience == "internal",
        when=words.moment(one.at, now),
        state=_mark(pictured.state, words, percent=pictured.percent),
        told=words("photo_told", pictured.state, percent=pictured.percent),
        full=pictured.full,
        thumb=pictured.thumb,
        sha256=one.sha256,
        size=(one.width, one.height),
        is_open=may_add(sheet),
    )


def described(sheet: Sheet, words: Words) -> Described:
    """What may be said of a photo of this job."""
    places = [(one.code, str(getattr(one, words.language))) for one in sheet.slots]
    return Described(
        slots=(*places, ("", words("photos", "no_slot"))) if places else (),
        audiences=tuple((one, words("photos", one)) for one in AUDIENCES),
        phrases=tuple(words("photo_phrases", one) for one in PHRASES),
    )


def with_words(text: str, phrase: str) -> str:
    """A caption with a phrase added."""
    before = text.strip()
    return f"{before} {phrase}" if before else phrase


def why(slip: Slip, words: Words) -> str:
    """Why a picture is no photo, and what to do."""
    return words.explain(fault(slip))


def _tile(one: Pictured, named: dict[str, str], words: Words, now: int) -> Tile:
    caption = one.photo.caption or named.get(one.photo.slot, "")
    return Tile(
        id=one.photo.id,
        caption=caption or words("photos", "uncaptioned"),
        when=words.moment(one.photo.at, now),
        state=_mark(one.state, words, percent=one.percent),
        thumb=one.thumb,
        is_internal=one.photo.audience == "internal",
        is_drawing=one.photo.drawn_on is not None,
    )


def _raw(slip: Slip, named: dict[str, str], words: Words, now: int) -> Tile:
    state = "failed" if slip.fault else "making"
    return Tile(
        id=slip.id,
        caption=slip.caption or named.get(slip.slot, "") or words("photos", "uncaptioned"),
        when=words.moment(slip.at, now),
        state=_mark(state, words),
        thumb=None,
        is_internal=slip.audience == "internal",
        is_drawing=slip.drawn_on is not None,
        raw=True,
    )


def _mark(state: str, words: Words, **params: Any) -> Mark:
    return Mark(text=words("photo_states", state, **params), tone=TONES[state], icon=ICONS[state])


def _detail(known: tuple[Pictured, ...], raw: tuple[Slip, ...], words: Words) -> str:
    """What is to be known beside the number."""
    wrong = sum(one.state in ("set_aside", "refused") for one in known)
    wrong += sum(bool(one.fault) for one in raw)
    if wrong:
        return words("photos", "wrong", count=wrong)
    if not known and not raw:
        return words("photos", "none_detail")
    if all(one.state == "safe" for one in known) and not raw:
        return words("photos", "all_safe")
    return words("photos", "kept")
