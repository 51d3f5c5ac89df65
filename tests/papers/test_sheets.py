"""Nothing on a paper stands outside of it or on top of something else, whatever is written."""

from itertools import combinations

import pytest
from msgspec import structs

from shared.document import Document, Named, SeenJob
from shared.papers.content import Content
from shared.papers.report import report
from shared.papers.roll import short_report
from shared.papers.sheet import A4, POINT, Box, Draft, Item, Picture, Sheet, Style, Text
from shared.texts import LANGUAGES, Language
from tests.papers import visit
from tests.papers.papers import every, faces, order
from tests.papers.visit import with_total

SLACK_MM = 0.05
HOSTILE = (
    "<script>alert(1)</script> **bold** [link](https://evil.example) =HYPERLINK(1) \u202eevil"
    " ‮שלום مرحبا 👩‍🔧 𠮷野家 é \x07\x00 (a) {number} %s \\n"
)
PAPERS = sorted(every("en"))


def spots(page: tuple[Item, ...]) -> list[tuple[Box, str]]:
    """Where texts and pictures stand, with what they are; a text as wide as its lines are."""
    return [
        (one.box, "picture" if isinstance(one, Picture) else "".join(one.lines))
        for one in page
        if isinstance(one, Text | Picture)
    ]


def inked(draft: Draft, text: Text) -> Box:
    """Where the letters of a text are, not only the room it was given."""
    sheet = Sheet(draft.size, faces(), draft.marks.language, roll=False)
    wide = max(sheet.width(line, text.style) for line in text.lines)
    x = {
        "left": text.box.x,
        "right": text.box.x + text.box.w - wide,
        "centre": text.box.x + (text.box.w - wide) / 2,
    }[text.style.align]
    air = (text.step - text.style.size * POINT) / 2
    return Box(x, text.box.y + air, wide, text.box.h - 2 * air)


def collisions(draft: Draft) -> list[tuple[str, str]]:
    """Pairs of texts or pictures of which one stands on the other."""
    found = []
    for page in draft.pages:
        placed = [
            (inked(draft, one), " ".join(one.lines)) if isinstance(one, Text) else (one.box, "pic")
            for one in page
            if isinstance(one, Text | Picture)
        ]
        found += [
            (told, other)
            for (a, told), (b, other) in combinations(placed, 2)
            if a.x < b.x + b.w - SLACK_MM
            and b.x < a.x + a.w - SLACK_MM
            and a.y < b.y + b.h - SLACK_MM
            and b.y < a.y + a.h - SLACK_MM
        ]
    return found


def strays(draft: Draft) -> list[str]:
    """What stands outside of its page."""
    wide, high = draft.size
    found = []
    for page in draft.pages:
        for one in page:
            box = inked(draft, one) if isinstance(one, Text) else one.box
            inside = box.x >= -SLACK_MM and box.x + box.w <= wide + SLACK_MM
            inside = inside and box.y >= -SLACK_MM and box.y + box.h <= high + SLACK_MM
            if not inside:
                found.append(str(one)[:200])
    return found


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_its_place(language: Language, name: str) -> None:
    draft = every(language)[name](faces())
    assert collisions(draft) == []
    assert strays(draft) == []
    assert draft.lacking == ()


def worst(language: Language) -> Content:
    """Two jobs with all that may be too much: lines, photos, long texts and names."""
    shown = visit.document(language)
    (job,) = shown.jobs
    long = structs.replace(
        job,
        problem="故障说明，Problem " * 300,
        diagnosis="x" * 4_000,
        work_done="处理\n" * 500,
        summary="很长的名字" * 40,
        readings=tuple(
            structs.replace(one, value="读数 " * 400 if place % 3 == 0 else one.value)
            for place, one in enumerate(job.readings * 8)
        ),
        charges=tuple(
            structs.replace(one, name=Named(en="N" * 200, zh="名" * 200), note="注 note " * 25)
            for one in (job.charges * 29)[:200]
        ),
        photos=tuple(structs.replace(one, caption="说明 caption " * 15) for one in job.photos * 15),
        notes=tuple(structs.replace(job.notes[0], text="n " * 2_000) for _ in range(3)),
    )
    party = structs.replace(
        shown.party,
        customer="客户" * 100,
        contact="C" * 200,
        site="S" * 200,
        address="街道" * 100,
    )
    head = structs.replace(shown.head, name=Named(en="Company " * 25, zh="公司" * 100))
    second = structs.replace(job, number="WO-2026-000124", photos=())
    whole: Document = structs.replace(
        shown, jobs=(long, second), party=party, head=head, technician="T" * 200
    )
    return visit.sign(
        with_total(whole),
        visit.wanted(language),
        signer="签字人" * 66,
        relation="r" * 200,
        refusal="理由" * 100,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worst_content_has_its_place_too(language: Language) -> None:
    content = worst(language)
    draft = report(content, faces())
    assert len(draft.pages) > 10
    assert collisions(draft) == []
    assert strays(draft) == []
    short = short_report(content, faces())
    assert (collisions(short), strays(short)) == ([], [])


def test_a_table_says_its_head_again_on_every_page() -> None:
    draft = report(worst("en"), faces())
    pages = [" ".join(text for _, text in spots(page)) for page in draft.pages]
    charged = [page for page in pages if "Unit price" in page]
    assert len(charged) > 5
    assert all("Charges (continued)" in page for page in charged[1:])


def hostile_job(job: SeenJob) -> SeenJob:
    """A job in which everything that people write is an attack."""
    return structs.replace(
        job, summary=HOSTILE, problem=HOSTILE, diagnosis=HOSTILE, work_done=HOSTILE
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_typeface_lacks_is_marked_and_listed(language: Language) -> None:
    shown = visit.document(language)
    shown = structs.replace(shown, jobs=(hostile_job(shown.jobs[0]),), technician=HOSTILE)
    draft = report(visit.sign(shown, visit.wanted(language), signer=HOSTILE), faces())
    assert {"👩", "🔧", "𠮷", "\x07", "\x00", "ש", "ם"} <= set(draft.lacking)
    assert (collisions(draft), strays(draft)) == ([], [])
    (told,) = (text for page in draft.pages for _, text in spots(page) if text.startswith("〓"))
    assert {"U+1F469", "U+20BB7", "U+0007"} <= set(told.replace(",", " ").split())
    texts = " ".join(text for page in draft.pages for _, text in spots(page))
    assert "<script>alert(1)</script> **bold** [link](https://evil.example)" in texts
    assert "\u202e" not in texts
    assert "\u200d" not in texts


def test_a_dispatch_order_fits_on_one_page_and_a_long_one_goes_on() -> None:
    content = order("en")
    long = structs.replace(content, parts=content.parts * 30, checks=content.checks * 8)
    from shared.papers.dispatch import dispatch

    assert len(dispatch(content, faces()).pages) == 1
    draft = dispatch(long, faces())
    assert len(draft.pages) > 1
    assert (collisions(draft), strays(draft)) == ([], [])


def test_a_roll_is_black_and_as_long_as_it_gets() -> None:
    draft = every("zh")["payment_roll"](faces())
    colours = {one.style.colour for one in draft.pages[0] if isinstance(one, Text)}
    assert colours == {"#000000"}
    assert draft.size[0] == 80
    assert 150 < draft.size[1] < 600
    assert len(draft.pages) == 1


def test_a_text_that_is_too_long_for_a_cell_is_cut_with_an_ellipsis() -> None:
    sheet = Sheet(A4, faces(), "en", roll=False)
    rows = sheet.wrapped("one two three four", 12, Style(size=9, limit=1))
    assert len(rows) == 1
    assert rows[0].endswith("…")
