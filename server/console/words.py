"""Words: the sets by which requests are classified, each edited as a whole (R-CLS-17)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from server import queries
from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import desk
from server.queries.pages import Item
from server.sessions import Actor
from shared import typed
from shared.reception import CLASSES
from shared.tag_sets import TAGS_MAX

PATH: Final = "/words"
MAKE: Final = "master.put"
SETS: Final = ("classes", "problems", "routing", "faults", "service_types")
GROUPED: Final = "classes"  # whose words stand under a kind of request
NEW_ROWS: Final = 3
PLACE_DIGITS: Final = 3
CODE_CHARS: Final = 40
WORD: Final = re.compile(r"[a-z0-9]+")


class Row(Struct, frozen=True, kw_only=True):
    """One word as its line of the form has it; a new one has no code yet. `used` by tickets."""

    key: str
    code: str = ""
    en: str = ""
    zh: str = ""
    under: str = ""
    place: str = ""
    retired: bool = False
    used: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into the line of a new word."""
        return not (self.code or self.en or self.zh)


@get(PATH, opt=opt(MAKE), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The first set; a company that has none yet gets them when the server starts."""
    with office.reading() as books:
        there = {one["code"] for one in desk.tag_sets(books, "en")}
    first = next((one for one in (*SETS, *sorted(there)) if one in there), None)
    if first is None:
        context = {"set": None, "tab": "words", "section": "policies"}
        return frame.page(request, office, actor, "words.html", context)
    return _page(request, office, actor, first, (None, None))


@get("/words/{code:str}", opt=opt(MAKE), sync_to_thread=True)
def one(
    code: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One set with its words."""
    return _page(request, office, actor, code, (None, None))


@post("/words/{code:str}", opt=opt(MAKE), status_code=200, sync_to_thread=True)
def save(
    code: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write a set down: its name, and its words in the order of their numbers."""
    known = _known(office, code)
    rows = _typed(form, known)
    act = Act(kind=MAKE, on=("tag_set", known["id"]), args={"row": _row(known, form, rows)})
    said = _refused(frame.speech_of(request, office), form, act, rows)
    if said is None:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, code, (form, said)))
    return saying.go(request, office, said, f"{PATH}/{code}")


def _known(office: Office, code: str) -> Item:
    with office.reading() as books:
        found = desk.tag_set(books, code)
    if found is None:
        raise Problem("not_found")
    return found


def _rows(known: Item, used: Mapping[str, int]) -> list[Row]:
    """The words of a set as they are, and lines for new ones."""
    rows = [
        Row(
            key=tag["code"],
            code=tag["code"],
            en=tag["en"],
            zh=tag["zh"],
            under=tag.get("under", ""),
            place=str(place),
            retired=tag.get("retired", False),
            used=used.get(tag["code"], 0),
        )
        for place, tag in enumerate(known["tags"], 1)
    ]
    room = max(0, min(NEW_ROWS, TAGS_MAX - len(rows)))
    return rows + [Row(key=f"new{number}") for number in range(room)]


def _typed(form: Form, known: Item) -> list[Row]:
    """The words as somebody typed them, in the order they had before."""
    return [
        Row(
            key=one.key,
            code=one.code,
            en=form.text(f"en.{one.key}"),
            zh=form.text(f"zh.{one.key}"),
            under=form.text(f"under.{one.key}"),
            place=form.text(f"place.{one.key}"),
            retired=form.has(f"retired.{one.key}"),
        )
        for one in _rows(known, {})
    ]


def _row(known: Item, form: Form, rows: Sequence[Row]) -> dict[str, Any]:
    """The whole set as its act has it."""
    told = [one for one in rows if not one.is_blank]
    taken = {one.code for one in told if one.code}
    ordered = sorted(enumerate(told), key=lambda item: (_place(item[1]), item[0]))
    return {
        "code": known["code"],
        "en": form.text("en"),
        "zh": form.text("zh"),
        "several": known["several"],
        "source": known["source"],
        "tags": [_tag(one, taken) for _, one in ordered],
    }


def _tag(row: Row, taken: set[str]) -> dict[str, Any]:
    code = row.code or _coded(row.en, taken)
    taken.add(code)
    told: dict[str, Any] = {"code": code, "en": row.en, "zh": row.zh, "under": row.under}
    return {**told, "retired": True} if row.retired else told


def _coded(english: str, taken: Iterable[str]) -> str:
    """A code for a new word, made of its English name, that no other has."""
    said = "_".join(WORD.findall(english.lower()))[: CODE_CHARS - PLACE_DIGITS - 1].strip("_")
    plain = said if said[:1].isalpha() else f"word_{said}".rstrip("_")
    known, number, code = set(taken), 2, plain
    while code in known:
        code, number = f"{plain}_{number}", number + 1
    return code


def _place(row: Row) -> int:
    """Where a word is to stand; without a number behind all that have one."""
    number = typed.whole(row.place, PLACE_DIGITS) if row.place else None
    return number if number is not None else 10**PLACE_DIGITS


def _refused(s: Speech, form: Form, act: Act, rows: Sequence[Row]) -> Said | None:
    """What the page itself does not take: a name that is missing in one of the languages."""
    for name in ("en", "zh"):
        if not form.has(name):
            return saying.refusal(s, act, form.op, "no_name", name)
    for one in rows:
        half = next((name for name in ("en", "zh") if not getattr(one, name)), None)
        if half is not None and not one.is_blank:
            other = one.zh or one.en or one.code
            return saying.refusal(s, act, form.op, "no_word", f"{half}.{one.key}", name=other)
        if one.place and typed.whole(one.place, PLACE_DIGITS) is None:
            return saying.refusal(
                s, act, form.op, "no_place", f"place.{one.key}", name=one.en or one.zh
            )
    return None


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    code: str,
    told: tuple[Form | None, Said | None],
) -> Response[str]:
    (form, said), speech = told, frame.speech_of(request, office)
    known = _known(office, code)
    with office.reading() as books:
        used = desk.tag_usage(books, code)
        names = {one["code"]: one for one in desk.tag_sets(books, speech.language)}
        seen = queries.acts_on(books, ("tag_set", known["id"]))
    rows = _rows(known, used)
    if form is not None:
        rows = [
            Row(**{**_fields(new), "used": old.used})
            for new, old in zip(_typed(form, known), rows, strict=True)
        ]
    ordered = [*(one for one in SETS if one in names), *sorted(names.keys() - set(SETS))]
    context = {
        "set": {**known, **({"en": form.text("en"), "zh": form.text("zh")} if form else {})},
        "sets": [(f"{PATH}/{one}", names[one]["name"], None, one == code) for one in ordered],
        "rows": rows,
        "grouped": code == GROUPED,
        "kinds": [(one, speech.text("request_kinds", one)) for one in CLASSES],
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "seen": form.number("seen") if form is not None else seen,
        "said": said,
        "tab": "words",
        "section": "policies",
    }
    return frame.page(request, office, actor, "words.html", context)


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


ROUTES: Final[list[Any]] = [show, one, save]
