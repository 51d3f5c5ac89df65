"""What the office did since one last looked: given, moved, taken back, called off, decided."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from mobile.texts import Words
from mobile.views.outbox import sentence
from mobile.views.today import Emptiness
from mobile.views.work_order import Tone
from shared.errors import Refused
from sync.ports import Change, Notice

NameOf = Callable[[str], str]
LOOKS: Final[dict[str, tuple[str, Tone]]] = {
    "assigned": ("work", "primary"),
    "taken_away": ("person_off", "warning"),
    "moved": ("event", "info"),
    "cancelled": ("event_busy", "danger"),
    "edited": ("edit", "info"),
    "conflict": ("call_split", "warning"),
    "refused": ("error", "danger"),
    "held": ("hourglass_empty", "warning"),
    "quarantined": ("error", "danger"),
    "mended": ("check_circle", "success"),
    "stock_came": ("inventory_2", "success"),
    "away": ("cloud_off", "warning"),
}
TIMES: Final = ("planned_from", "planned_to")
CODED: Final = {"priority": "priorities", "status": "statuses", "outcome": "outcomes"}
EARLIER_SHOWN: Final = 30


class Told(Struct, frozen=True, kw_only=True):
    """One notice. `lines` say what is otherwise now. `job` and `op_id` are where it may lead."""

    id: str
    title: str
    about: str
    lines: tuple[str, ...]
    when: str
    icon: str
    tone: Tone
    unread: bool
    job: str
    op_id: str


class InboxView(Struct, frozen=True, kw_only=True):
    """The inbox: what is new, and what has been seen before."""

    unread: tuple[Told, ...]
    earlier: tuple[Told, ...]
    nothing: Emptiness | None


def inbox(notices: Sequence[Notice], name_of: NameOf, words: Words, now: int) -> InboxView:
    """Every notice, the newest first. `name_of` knows what a part or a job is called."""
    told = [(one.unread, _told(one, name_of, words, now)) for one in notices]
    return InboxView(
        unread=tuple(one for unread, one in told if unread),
        earlier=tuple(one for unread, one in told if not unread)[:EARLIER_SHOWN],
        nothing=None
        if told
        else Emptiness(title=words("inbox", "none"), text=words("inbox", "none_say")),
    )


def _told(notice: Notice, name_of: NameOf, words: Words, now: int) -> Told:
    icon, tone = LOOKS.get(notice.kind, ("info", "neutral"))
    known = words.has("inbox", notice.kind)
    called = name_of(notice.job) if notice.job is not None else ""
    return Told(
        id=notice.id,
        title=words("inbox", notice.kind if known else "other"),
        about=words.join(notice.number, notice.customer),
        lines=((called,) if called else ()) + tuple(_lines(notice, name_of, words)),
        when=words.ago(notice.at, now),
        icon=icon,
        tone=tone,
        unread=notice.unread,
        job=notice.job or "",
        op_id=notice.op_id or "",
    )


def _lines(notice: Notice, name_of: NameOf, words: Words) -> Iterator[str]:
    """What is otherwise now, in words."""
    if notice.op_kind is not None:
        yield words("inbox", "your_entry", entry=sentence(notice.op_kind, words))
    times = {one.field: one for one in notice.changes if one.field in TIMES}
    if times:
        yield from _moved(times, words, with_old=notice.kind != "assigned")
    for change in notice.changes:
        if change.field not in TIMES:
            yield _changed(change, notice, name_of, words)
    if notice.stands:
        yield words("inbox", f"stands_{notice.stands}")
    yield from _why(notice, words)


def _why(notice: Notice, words: Words) -> Iterator[str]:
    """Why it was done, or is so."""
    if notice.kind == "away":
        yield words("inbox", "away_say", count=int(notice.params.get("days", 0)))
    if notice.code is not None:
        refused = Refused(code=notice.code, grounds="state", params=notice.params)
        yield words.explain(refused)
    elif notice.params.get("reason"):
        yield words("inbox", "because", reason=str(notice.params["reason"]))


def _moved(times: dict[str, Change], words: Words, *, with_old: bool) -> Iterator[str]:
    """The new time, and the one before."""
    new = {name: change.new for name, change in times.items()}
    old = {name: change.old for name, change in times.items()}
    if not with_old:
        yield _span(new, words)
        return
    if old.get("planned_from"):
        yield words("inbox", "was_at", when=_span(old, words))
    yield words("inbox", "now_at", when=_span(new, words))


def _span(times: dict[str, Any], words: Words) -> str:
    begin, end = (times.get(name) for name in TIMES)
    if not begin:
        return words("inbox", "until", when=words.time(str(end))) if end else _no_time(words)
    return words.join(words.day(str(begin)), words.span(str(begin), str(end) if end else None))


def _no_time(words: Words) -> str:
    return words("inbox", "without_time")


def _changed(change: Change, notice: Notice, name_of: NameOf, words: Words) -> str:
    if notice.kind == "stock_came":
        name = name_of(change.field) or words("fields", "part")
        return words("inbox", "came", name=name, amount=str(change.new or ""))
    name = words("fields", change.field)
    new = _value(change.field, change.new, words)
    if change.old in (None, ""):
        return words("inbox", "field_now", name=name, value=new)
    old = _value(change.field, change.old, words)
    return words("inbox", "field_was", name=name, value=new, old=old)


def _value(field: str, value: Any, words: Words) -> str:
    if value in (None, "", []):
        return words("inbox", "nothing_there")
    group = CODED.get(field)
    return words(group, str(value)) if group else str(value)
