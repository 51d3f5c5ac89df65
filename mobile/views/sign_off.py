"""The sign-off as far as it has come: what was begun, and what keeps one from going on."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
from msgspec import Struct, structs

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.step import empty_slots, missing
from shared.ink import Ink, is_signature
from shared.sign_off import SIGNERS
from shared.texts import Language, choose_language

# `prepare` is the technician's, before the phone is handed over; the others are the customer's,
# but for `technician` and `leave`.
Step = Literal["prepare", "check", "who", "ink", "refuse", "technician", "thanks", "leave"]
NUMBERED: Final[tuple[Step, ...]] = ("check", "who", "ink")
REFUSALS: Final = ("not_content", "price", "ask_first", "no_time", "not_allowed")
# Of a quote, where to refuse is to decline it: nothing was done yet that could be liked.
REFUSALS_OF_A_QUOTE: Final = ("price", "elsewhere", "new_machine", "ask_first", "not_allowed")
LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "zh": "中文"}
RATINGS: Final = (1, 2, 3, 4, 5)
RELATED: Final = ("family", "neighbour", "other")  # whose relation is asked for in words
NAMED_MAX: Final = 4  # open items that are named
SHOWN_BYTES_MAX: Final = 85_000  # of a document's text: with two signatures it has to fit an op


class Begun(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sign-off that was begun; kept on the disk with each change.

    `made_at` is when the document that is shown was made (ms): made again at that time it has the
    same text, unless something in it has changed. `news` says what happened to what was begun.
    """

    made_at: int = 0
    shown_hash: str = ""
    language: Language = "en"
    also: tuple[str, ...] = ()
    handed: bool = False
    step: Step = "prepare"
    back_to: Step = "check"
    agreed: bool = False
    signer: str = ""
    signer_role: str = ""
    relation: str = ""
    rating: int | None = None
    refusal: str = ""
    ink: Ink | None = None
    technician_ink: Ink | None = None
    news: str = ""
    code: str = ""


class Obstacle(Struct, frozen=True, kw_only=True):
    """Why nobody can sign yet; `place` is the screen on which that is put right, if any."""

    code: str
    icon: str
    text: str
    place: str = ""
    action: str = ""


def read(text: str | None, language: Language) -> Begun:
    """What was begun, as it was kept; nothing yet where that cannot be read."""
    try:
        return msgspec.json.decode(text or "", type=Begun)
    except msgspec.DecodeError:
        return Begun(language=language)


def kept(begun: Begun) -> str:
    """What was begun, to be kept."""
    return msgspec.json.encode(begun).decode()


def first_language(sheet: Sheet, otherwise: Language) -> Language:
    """The customer's language, if the office knows it."""
    customer = sheet.customer
    if customer is None or not customer.language:
        return otherwise
    return choose_language(customer.language, otherwise)


def renewed(begun: Begun, shown_hash: str, made_at: int) -> Begun:
    """Begun anew on another document: what was written under the one before does not stand."""
    if begun.step in ("prepare", "thanks"):
        return structs.replace(begun, shown_hash=shown_hash, made_at=made_at)
    had_ink = begun.ink is not None or begun.technician_ink is not None
    return structs.replace(
        begun,
        shown_hash=shown_hash,
        made_at=made_at,
        step="leave" if begun.step == "leave" else "check",
        back_to="check",
        agreed=False,
        ink=None,
        technician_ink=None,
        news="changed_ink" if had_ink else "changed",
    )


def translated(begun: Begun, language: Language) -> Begun:
    """In another language: another text, so another code, and nothing is signed yet."""
    news = "translated_ink" if begun.ink is not None else ""
    return structs.replace(
        begun, language=language, agreed=False, ink=None, technician_ink=None, news=news
    )


def obstacles(
    sheet: Sheet | None, purpose: str, preparing: int, words: Words
) -> tuple[Obstacle, ...]:
    """Everything that has to be put right before somebody signs."""
    if sheet is None:
        return (Obstacle(code="gone", icon="assignment_late", text=words("sign_wait", "gone")),)
    return tuple(_obstacles(sheet, purpose, preparing, words))


def too_much(text: str, words: Words) -> tuple[Obstacle, ...]:
    """Why a document is not signed in one go: there is more in it than can be sent at once."""
    if len(text.encode()) <= SHOWN_BYTES_MAX:
        return ()
    return (Obstacle(code="too_much", icon="article", text=words("sign_wait", "too_much")),)


def _obstacles(sheet: Sheet, purpose: str, preparing: int, words: Words) -> Iterator[Obstacle]:
    there = any(one.arrived_at is not None for visit in sheet.visits for one in visit.attendance)
    ended = any(one.ended_at is not None for one in sheet.visits)
    if purpose != "item_return" and not there:
        yield _obstacle("not_arrived", "location_off", words, place="work_order")
    elif purpose == "visit" and not ended:
        yield _obstacle("not_finished", "pending", words, place="work_order")
    if _has_to_be_whole(sheet, purpose):
        checks = [getattr(one.item, words.language) for one in missing(sheet.checklist)]
        slots = [getattr(one, words.language) for one in empty_slots(sheet)]
        yield from _open_items("incomplete", ("checklist", "checklist"), checks, words)
        yield from _open_items("photos", ("photo_camera", "photos"), slots, words)
    if preparing:
        text = words("sign_wait", "preparing", count=preparing)
        yield Obstacle(code="preparing", icon="hourglass_top", text=text)


def _obstacle(code: str, icon: str, words: Words, *, place: str) -> Obstacle:
    action = words("sign_wait", f"to_{place}")
    return Obstacle(code=code, icon=icon, text=words("sign_wait", code), place=place, action=action)


def _open_items(
    code: str, leads: tuple[str, str], names: list[str], words: Words
) -> Iterator[Obstacle]:
    """What is required and not there, by name; `leads` are an icon and the screen for it."""
    if names:
        more = ["…"] if len(names) > NAMED_MAX else []
        told = words("job", "comma").join([*names[:NAMED_MAX], *more])
        text = words("sign_wait", code, count=len(names), items=told)
        icon, place = leads
        action = words("sign_wait", f"to_{place}")
        yield Obstacle(code=code, icon=icon, text=text, place=place, action=action)


def _has_to_be_whole(sheet: Sheet, purpose: str) -> bool:
    """Whether what is required has to be there: a visit that ended as done."""
    return purpose == "visit" and sheet.order.outcome == "done"


def progress(begun: Begun, words: Words) -> str:
    """How far the customer has come."""
    if begun.step not in NUMBERED:
        return ""
    return words("sign_off", "step", at=NUMBERED.index(begun.step) + 1, of=len(NUMBERED))


def signers(words: Words) -> list[tuple[str, str]]:
    """As whom somebody can sign."""
    return [(one, words("signer_roles", one)) for one in SIGNERS]


def refusals(purpose: str, words: Words) -> list[tuple[str, str]]:
    """Why somebody may not sign, the likeliest first."""
    codes = REFUSALS_OF_A_QUOTE if purpose == "quote" else REFUSALS
    return [(one, words("sign_refusals", one)) for one in codes]


def of_refusing(purpose: str, code: str, words: Words, *, name: str = "") -> str:
    """What a step says about refusing: whoever does not agree to a quote has given an answer."""
    return words("sign_quote" if purpose == "quote" else "sign_off", code, name=name)


def lacks(begun: Begun) -> tuple[str, ...]:
    """What the customer still has to fill in on this step: codes of the texts `sign_lacks`."""
    wanted: dict[Step, dict[str, bool]] = {
        "who": {
            "signer": bool(begun.signer.strip()),
            "signer_role": bool(begun.signer_role),
            "relation": begun.signer_role != "other" or bool(begun.relation.strip()),
            "agreed": begun.agreed,
        },
        "ink": {"ink": is_signature(begun.ink)},
        "refuse": {"refusal": bool(begun.refusal.strip())},
        "technician": {"technician_ink": is_signature(begun.technician_ink)},
    }
    return tuple(name for name, is_there in wanted.get(begun.step, {}).items() if not is_there)
