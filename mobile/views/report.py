"""The report of a visit: what the seal says today, who signed, and what is on the paper."""

from typing import Final, Literal

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.photos import told
from mobile.views.summary import Row
from mobile.views.work_order import Tone
from shared.sign_off import SignOff

Standing = Literal["under_way", "unsigned", "refused", "sealed", "pending", "diverged"]
ICONS: Final[dict[Standing, str]] = {
    "under_way": "pending",
    "unsigned": "signature",
    "refused": "do_not_disturb_on",
    "sealed": "verified",
    "pending": "hourglass_top",
    "diverged": "warning",
}
TONES: Final[dict[Standing, Tone]] = {
    "under_way": "neutral",
    "unsigned": "warning",
    "refused": "warning",
    "sealed": "success",
    "pending": "info",
    "diverged": "danger",
}
PAPERS: Final = ("a4", "80mm")


class Seal(Struct, frozen=True, kw_only=True):
    """What the seal says, in words. `again` says why a new signature is needed, if one is."""

    standing: Standing
    icon: str
    tone: Tone
    title: str
    text: str
    again: str


class Paper(Struct, frozen=True, kw_only=True):
    """The paper that is wanted, and once it is made how many pages it has and what is on it."""

    language: str
    size: str
    photos: str
    pages: int = 0
    content_hash: str = ""
    fault: str = ""


class ReportView(Struct, frozen=True, kw_only=True):
    """A report: its seal, who signed when, its code and hashes, and how many photos are safe.

    `earlier` are the days of the visits before this one, and how each stands.
    """

    number: str
    seal: Seal
    code: str
    signed: tuple[Row, ...]
    hashes: tuple[Row, ...]
    earlier: tuple[Row, ...]
    photos: str


def report(sheet: Sheet, words: Words, now: int) -> ReportView:
    """The report of a job."""
    sign_off = sheet.signing.sign_off
    return ReportView(
        number=words.called(sheet.order),
        seal=seal(sheet, words),
        code=sign_off.code if sign_off is not None else "",
        signed=_signed(sign_off, words, now) if sign_off is not None else (),
        hashes=_hashes(sign_off, words) if sign_off is not None else (),
        earlier=_earlier(sheet, words, now),
        photos=photos(sheet, words),
    )


def seal(sheet: Sheet, words: Words) -> Seal:
    """What can be said of the signature of the visit at hand: another visit's is none of it."""
    sign_off = sheet.signing.sign_off
    standing = _standing(sign_off, is_safe=sheet.job.sync == "safe")
    if standing == "unsigned" and sheet.signing.under_way:
        standing = "under_way"
    again = words("report", "again") if sheet.signing.signature == "anew" else ""
    return Seal(
        standing=standing,
        icon=ICONS[standing],
        tone=TONES[standing],
        title=words("report_seal", standing),
        text=words("report_why", standing, reason=sign_off.refusal if sign_off is not None else ""),
        again=again,
    )


def photos(sheet: Sheet, words: Words) -> str:
    """How many photos there are, and how many the office has; empty where there are none."""
    return told(len(sheet.photos), sheet.photos_safe, words) if sheet.photos else ""


def _standing(sign_off: SignOff | None, *, is_safe: bool) -> Standing:
    """The seal as the phone knows it: only the office can say that it holds."""
    if sign_off is None:
        return "unsigned"
    if sign_off.state == "diverged":
        return "diverged"
    if sign_off.refusal:
        return "refused"
    return "sealed" if sign_off.state == "sealed" and is_safe else "pending"


def _earlier(sheet: Sheet, words: Words, now: int) -> tuple[Row, ...]:
    is_safe = sheet.job.sync == "safe"
    return tuple(
        Row(
            label=words.moment(one.at, now),
            value=words.join(words("report_seal", _standing(one, is_safe=is_safe)), one.code),
        )
        for one in sheet.signing.earlier
    )


def _signed(one: SignOff, words: Words, now: int) -> tuple[Row, ...]:
    who = words.join(one.signer, words("signer_roles", one.signer_role), one.relation)
    facts = {
        "shown_to" if one.refusal else "signer": who if one.signer else "",
        "refusal": one.refusal,
        "when": words.moment(one.at, now),
        "rating": "★" * one.rating if one.rating else "",
        "outcome": words("outcomes", one.outcome) if one.outcome else "",
    }
    return tuple(
        Row(label=words("report_facts", code), value=value)
        for code, value in facts.items()
        if value
    )


def _hashes(one: SignOff, words: Words) -> tuple[Row, ...]:
    return (
        Row(label=words("report_facts", "shown_hash"), value=in_groups(one.shown_hash)),
        Row(label=words("report_facts", "seal"), value=in_groups(one.seal)),
    )


def in_groups(text: str) -> str:
    """A hash as people compare it: four signs at a time."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
