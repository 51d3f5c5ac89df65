"""What this phone still owes the office, and what came of the rest, in plain words."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from mobile.queries import Line
from mobile.texts import Words
from mobile.views.work_order import SYNC_ICONS, SYNC_TONES, Tone
from shared.amounts import quantity_text, thousandths

TORN: Final = "torn"
ENOUGH: Final = "enough_today"
SAFE_SHOWN: Final = 30
OPEN_SHOWN: Final = 200
EXCERPT_CHARS: Final = 80
MENDING: Final = ("op.repair", "op.discard")
FINAL: Final = ("conflict", "rejected")

ArgsOf = Callable[[str], dict[str, Any]]
NameOf = Callable[[str], str]
ItemOf = Callable[[str, str], str]


class Entry(Struct, frozen=True, kw_only=True):
    """One thing somebody recorded, and what became of it. `why` says so where it is not well.

    `may_settle` marks one that only has to be seen: the office has decided.
    """

    op_id: str
    job: str
    what: str
    detail: str
    when: str
    state: str
    tone: Tone
    icon: str
    why: str = ""
    advice: str = ""
    may_repair: bool = False
    may_give_up: bool = False
    may_settle: bool = False


class Entries(Struct, frozen=True, kw_only=True):
    """Entries that stand alike."""

    name: str
    title: str
    entries: tuple[Entry, ...]


class OutboxView(Struct, frozen=True, kw_only=True):
    """The outbox. `head` and `text` say how much waits and that it is safe."""

    head: str
    text: str
    tone: Tone
    groups: tuple[Entries, ...]
    waits: bool


class Look(Struct, frozen=True, kw_only=True):
    """What an outbox is told with: what each op said, what ids are called.

    `item_of` knows what a check of a job is called, by the job's id and the check's code. `enough`
    means that the office takes no more for now, `unconfirmed` that it takes nothing yet.
    """

    args_of: ArgsOf
    name_of: NameOf
    item_of: ItemOf = lambda _job, code: code
    enough: bool = False
    unconfirmed: bool = False


def outbox(lines: Sequence[Line], look: Look, words: Words, now: int) -> OutboxView:
    """The whole outbox, the worst first. Of very many entries only the first are told in words."""
    mended = _mended(lines, look)
    needing: list[Line] = []
    waiting: list[Line] = []
    on_its_way: list[Line] = []
    others: list[Line] = []
    for line in lines:
        if line.state == "waiting":
            waiting.append(line)
        if line.state == "waiting" or _is_mended(line, mended):
            on_its_way.append(line)
        else:
            (needing if _needs(line, mended) else others).append(line)
    sorted_out = (
        ("needs_you", needing, OPEN_SHOWN),
        ("waiting", on_its_way, OPEN_SHOWN),
        ("safe", others[::-1], SAFE_SHOWN),
    )
    head, text, tone = _head(needing, waiting, look, words, now)
    return OutboxView(
        head=head,
        text=text,
        tone=tone,
        groups=tuple(
            Entries(
                name=name,
                title=_title(name, len(members), room, words),
                entries=tuple(
                    _entry(line, look, words, now, mended=mended) for line in members[:room]
                ),
            )
            for name, members, room in sorted_out
            if members
        ),
        waits=bool(waiting),
    )


def _title(name: str, count: int, room: int, words: Words) -> str:
    """What a group is called, how many there are, and how many of them are shown, if not all."""
    title = f"{words('outbox', name)} ({count})"
    return title if count <= room else words.join(title, words("outbox", "shown", count=room))


def entry(lines: Sequence[Line], op_id: str, look: Look, words: Words, now: int) -> Entry | None:
    """One entry of the outbox, by the op's own id or the one it is kept under."""
    mended = _mended(lines, look)
    for line in lines:
        if op_id in (line.op_id, line.kept_as):
            return _entry(line, look, words, now, mended=mended)
    return None


def args_in(body: str) -> dict[str, Any]:
    """What an op said, as far as its body can be read."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    args = told.get("args") if isinstance(told, dict) else None
    return args if isinstance(args, dict) else {}


def sentence(kind: str, words: Words) -> str:
    """What was done, as a sentence of its own: `Accepted the job`."""
    text = words("kinds", kind)
    return text[:1].upper() + text[1:]


def detail_of(line: Line, look: Look, words: Words) -> str:
    """What an op said, in short."""
    kind, args = line.kind, look.args_of(line.op_id)
    if kind == "edit":
        return _edited(args, words)
    if kind == "checklist.answer":
        item = look.item_of(line.job or "", str(args.get("item", "")))
        return _excerpt(words.join(item, _answer(args, words)))
    if kind.startswith("parts.") and "part" in args:
        name = look.name_of(str(args["part"])) or words("fields", "part")
        return words.join(name, _times(args.get("quantity")), args.get("serial") or None)
    if kind == "work_order.complete":
        return words("outcomes", str(args.get("outcome", "")))
    told = args.get("text") or args.get("reason") or args.get("note") or ""
    return _excerpt(str(told))


def _entry(line: Line, look: Look, words: Words, now: int, *, mended: frozenset[str]) -> Entry:
    state = _state(line)
    is_mended = _is_mended(line, mended)
    provisional = state == "quarantined" and not is_mended
    detail = "" if line.kind in MENDING else detail_of(line, look, words)
    return Entry(
        op_id=line.op_id,
        job=line.job or "",
        what=sentence(line.kind, words),
        detail=words.join(line.number, detail),
        when=words.moment(line.done_at, now),
        state=words("outbox", "mended" if is_mended else f"state_{state}"),
        tone="neutral" if line.settled else "info" if is_mended else SYNC_TONES[line.state],
        icon="check" if line.settled else SYNC_ICONS["waiting" if is_mended else line.state],
        why=(line.reason or "") if line.state != "safe" else "",
        advice=words("outbox", "settled") if line.settled else _advice(state, words),
        may_repair=provisional,
        may_give_up=provisional,
        may_settle=not line.settled and state in ("conflict", "refused", "torn"),
    )


def _state(line: Line) -> str:
    """An entry's state in the texts' words."""
    if line.code == TORN:
        return "torn"
    if line.state == "waiting":
        return "waiting"
    if line.verdict is None:
        return "doubtful" if line.code else "waiting"
    known = {"rejected": "refused", "applied": "safe", "merged": "safe"}
    return known.get(line.verdict, line.verdict)


def _advice(state: str, words: Words) -> str:
    codes = {"conflict": "dispatcher", "refused": "final"}
    return words("outbox", codes[state]) if state in codes else ""


def _needs(line: Line, mended: frozenset[str]) -> bool:
    done = line.settled or _is_mended(line, mended)
    return line.state in ("attention", "refused") and not done


def _is_mended(line: Line, mended: frozenset[str]) -> bool:
    return line.op_id in mended or line.kept_as in mended


def _mended(lines: Iterable[Line], look: Look) -> frozenset[str]:
    """The ids of ops whose correction is on its way to the office."""
    return frozenset(
        str(look.args_of(line.op_id).get("of", ""))
        for line in lines
        if line.kind in MENDING and line.state == "waiting"
    )


def _head(
    needing: Sequence[Line], waiting: Sequence[Line], look: Look, words: Words, now: int
) -> tuple[str, str, Tone]:
    if needing:
        return (
            words("outbox", "needs", count=len(needing)),
            _wait_text(waiting, words, now),
            "danger",
        )
    if waiting:
        return _wait_text(waiting, words, now), _why(look, words), "info"
    return words("outbox", "none"), words("outbox", "none_say"), "success"


def _why(look: Look, words: Words) -> str:
    """Why something waits, and what becomes of it."""
    if look.unconfirmed:
        return words("problems", "device_unconfirmed")
    return words("problems", ENOUGH) if look.enough else words("outbox", "safe_here")


def _wait_text(waiting: Sequence[Line], words: Words, now: int) -> str:
    if not waiting:
        return words("outbox", "nothing_waits")
    since = words.ago(min(line.done_at for line in waiting), now)
    return words("outbox", "waits_since", count=len(waiting), since=since)


def _edited(args: dict[str, Any], words: Words) -> str:
    fields = args.get("fields")
    if not isinstance(fields, dict):
        return ""
    told = [
        words("inbox", "field_now", name=words("fields", name), value=str(pair[-1] or "–"))
        for name, pair in fields.items()
        if isinstance(pair, list) and pair
    ]
    return _excerpt(words.join(*told))


def _answer(args: dict[str, Any], words: Words) -> str:
    value = str(args.get("value", ""))
    if args.get("not_applicable"):
        value = words("answers", "not_applicable")
    elif words.has("answers", value):
        value = words("answers", value)
    return value


def _times(quantity: Any) -> str | None:
    if not isinstance(quantity, str):
        return None
    try:
        return f"×{quantity_text(thousandths(quantity))}"
    except ArithmeticError:
        return f"×{quantity}"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT_CHARS else line[: EXCERPT_CHARS - 1] + "…"
