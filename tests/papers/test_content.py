"""What a paper says, the hash of that, and which rows it is gathered from."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Any, Final

import pytest
from msgspec import Struct, structs

from shared.canonical import digest
from shared.document import Document, SeenPhoto, TaxPart
from shared.errors import Refused
from shared.history import AssetHistory, PastVisit, history_id
from shared.papers import gathering
from shared.papers.content import (
    LAYOUT,
    Content,
    address_of,
    adds_up,
    content_hash,
    of_signed,
    standing,
)
from shared.papers.gathering import Asked, Printed, Printer, print_paper
from shared.papers.report import people
from shared.papers.sheet import Text
from shared.papers.wording import resolved
from shared.parts import PlannedPart
from shared.payments import Payment
from shared.prices import ORGANISATION
from shared.records import State
from shared.sign_off import SignedDocument, SignOff
from shared.take_away import TakenItem
from shared.texts import LANGUAGES, Language
from shared.work_order import WorkOrder
from tests.papers import visit
from tests.papers.papers import RECEIVED, every, faces, text_of
from tests.papers.visit import CATALOGUES, FONTS, wanted
from tests.shared import company, proven
from tests.shared.company import NOW, ident

ORDER: Final = company.ORDER.id
ROWS: Final = (*company.ROWS, *proven.BOOKS)
A_CODE: Final = re.compile(r"\b[a-z]+_[a-z_]+\b|\{[a-z]+\}|…")
PRINTER: Final = Printer(
    catalogue=lambda language: CATALOGUES[language], zone=lambda _: UTC, fonts=FONTS
)


# The hash


def test_the_hash_is_of_what_stands_on_the_paper_and_of_nothing_else() -> None:
    content = visit.signed("en")
    whole = content_hash(content)
    assert re.fullmatch(r"[0-9a-f]{64}", whole)
    assert content_hash(visit.signed("en", state="diverged", faults=("x",))) == whole
    assert content_hash(visit.signed("en", at=1, version=7)) == whole
    assert content_hash(structs.replace(content, pictures={})) == whole
    others = [
        visit.signed("zh"),
        visit.unsigned("en"),
        visit.signed("en", "quote"),
        visit.signed("en", signer="Chen Jing."),
        visit.signed("en", rating=4),
        visit.signed("en", seal="a" * 64),
        visit.signed("en", refusal="no"),
    ]
    assert len({content_hash(one) for one in others} | {whole}) == len(others) + 1


def test_the_hash_is_made_as_the_protocol_says() -> None:
    content = visit.signed("en", signer_role="family", relation="daughter")
    sign_off = content.sign_off
    assert sign_off is not None
    told = {
        "document": content.shown_hash,
        "language": "en",
        "layout": LAYOUT,
        "sign_off": {
            "purpose": "visit",
            "rating": sign_off.rating,
            "refusal": "",
            "relation": "daughter",
            "role": "family",
            "seal": sign_off.seal,
            "signed_at": sign_off.signed_at,
            "signer": sign_off.signer,
        },
        "words": resolved(content.words.texts),
    }
    assert content_hash(content) == digest(told)


def test_the_language_of_the_paper_is_part_of_it() -> None:
    content = visit.signed("zh")
    assert content.sign_off is not None
    assert content.signed is not None
    english = of_signed(content.sign_off, content.signed, {}, wanted("en"))
    assert english.shown_hash == content.shown_hash
    assert content_hash(english) != content_hash(content)


@pytest.mark.parametrize(
    ("contact", "salutation", "told"),
    [
        ("黄先生", "黄先生", "黄先生"),
        ("黄先生（房东）", "黄先生", "黄先生（房东）"),
        ("Chen Jing", "", "Chen Jing"),
        ("", "黄先生", "黄先生"),
        ("陈静", "陈女士", "陈静 陈女士"),
    ],
)
def test_a_customer_is_called_by_one_name_once(contact: str, salutation: str, told: str) -> None:
    content = visit.signed("zh")
    party = structs.replace(content.document.party, contact=contact, salutation=salutation)
    document = structs.replace(content.document, party=party)
    assert people(content.words, document)[0].rest == (told, party.phone)


def test_only_words_that_the_paper_needs_are_in_the_hash() -> None:
    catalogue = CATALOGUES["en"]
    more = {**catalogue.groups, "answers": {**catalogue.groups["answers"], "new": "New"}}
    content = visit.signed("en")
    assert content.sign_off is not None
    assert content.signed is not None

    def hash_with(groups: Any) -> str:
        how = structs.replace(wanted("en"), catalogue=structs.replace(catalogue, groups=groups))
        assert content.sign_off is not None
        assert content.signed is not None
        return content_hash(of_signed(content.sign_off, content.signed, {}, how))

    assert hash_with(more) == content_hash(content)
    changed = {**more, "papers": {**catalogue.groups["papers"], "total": "Sum"}}
    assert hash_with(changed) != content_hash(content)
    assert "visit_1" in resolved(content.words.texts)["declaration"]
    assert LAYOUT == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(every("en")))
def test_everything_on_a_paper_is_in_words(language: Language, name: str) -> None:
    draft = every(language)[name](faces())
    texts = ["".join(one.lines) for page in draft.pages for one in page if isinstance(one, Text)]
    assert [one for one in texts if A_CODE.search(one)] == []


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "sealed"),
        ({"state": "pending"}, "pending"),
        ({"state": "diverged"}, "diverged"),
        ({"state": "sealed", "refusal": "no"}, "refused"),
    ],
)
def test_a_paper_stands_as_its_sign_off_does(changes: dict[str, str], state: str) -> None:
    assert standing(visit.signed("en", **changes)) == state
    assert standing(visit.unsigned("en")) == "unsigned"


# The total


def with_sum(**changes: Any) -> Document:
    shown = visit.document("en")
    assert shown.sum is not None
    return structs.replace(shown, sum=structs.replace(shown.sum, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": 1},
        {"discount": 0},
        {"total": 171_141},
        {"paid": 0},
        {"due": 0},
        {"taxes": ()},
        {"taxes": (TaxPart(rate=600, base=100, tax=6),)},
        {"tax_inclusive": False},
    ],
)
def test_a_total_that_does_not_follow_from_the_lines_is_found(changes: dict[str, Any]) -> None:
    assert adds_up(visit.document("en"))
    assert not adds_up(with_sum(**changes))


def test_lines_without_a_total_do_not_add_up_and_nothing_does() -> None:
    shown = visit.document("en")
    assert not adds_up(structs.replace(shown, sum=None))
    bare = structs.replace(shown.jobs[0], charges=())
    assert adds_up(structs.replace(shown, sum=None, jobs=(bare,)))
    assert adds_up(visit.document("zh", "quote"))


# Gathering


class Shelf(Struct, kw_only=True):
    """Rows in memory, and a document that was signed."""

    rows: list[Any]
    kept: SignedDocument | None = None

    def shown(self, jobs: Collection[str]) -> State:
        return State(self.rows)

    def signed_document(self, sign_off: SignOff) -> SignedDocument | None:
        return self.kept

    def pictures(self, photos: Sequence[SeenPhoto]) -> dict[str, bytes]:
        return {}


def paper(shelf: Shelf, **asked: Any) -> Printed | Refused:
    return print_paper(Asked(order=ORDER, now_ms=NOW, **asked), shelf, PRINTER)


def must(shelf: Shelf, **asked: Any) -> Printed:
    made = paper(shelf, **asked)
    assert isinstance(made, Printed), made
    return made


def test_each_paper_of_a_job_is_gathered_from_its_rows() -> None:
    shelf = Shelf(rows=list(ROWS))
    payment = next(one for one in ROWS if isinstance(one, Payment))
    item = next(one for one in ROWS if isinstance(one, TakenItem))
    made = {
        "report": must(shelf, language="en"),
        "dispatch": must(shelf, kind="dispatch", language="zh"),
        "receipt": must(shelf, kind="receipt", subject=payment.id, language="zh"),
        "roll": must(shelf, kind="receipt", subject=payment.id, size="80mm", language="en"),
        "take_away": must(shelf, kind="take_away", subject=item.id, language="en"),
    }
    assert {one.state for one in made.values()} == {"unsigned"}
    texts = {name: text_of(one.pdf) for name, one in made.items()}
    assert "Service report" in texts["report"]
    assert "服务派工单" in texts["dispatch"]
    assert payment.receipt in texts["receipt"]
    assert "Payment receipt" in texts["roll"]
    assert item.receipt in texts["take_away"]


def test_files_are_called_by_numbers_and_never_by_what_somebody_typed() -> None:
    """S12."""
    asked = Asked(order=ORDER, now_ms=NOW)
    names = {
        "WO-26-000123": "WO-26-000123.pdf",
        "../../etc/passwd": "etcpasswd.pdf",
        'a"; filename="evil.exe': "afilenameevilexe.pdf",
        "合同": "paper.pdf",
    }
    assert {one: gathering.file_name(one, asked) for one in names} == names
    roll = structs.replace(asked, size="80mm", language="zh")
    assert gathering.file_name("WO-1", roll) == "WO-1-80mm-zh.pdf"
    order = structs.replace(asked, kind="dispatch")
    assert gathering.file_name("WO-1", order) == "WO-1-dispatch.pdf"


def test_what_is_not_there_or_of_another_job_is_refused() -> None:
    shelf = Shelf(rows=list(ROWS))
    for kind, field in (("receipt", "payment"), ("take_away", "item")):
        for subject in (None, ident("nothing")):
            refused = paper(shelf, kind=kind, subject=subject)
            assert isinstance(refused, Refused)
            assert (refused.code, refused.field) == ("unknown_subject", field)
    strange = structs.replace(RECEIVED, work_order_id=ident("other"))
    refused = paper(Shelf(rows=[*ROWS, strange]), kind="receipt", subject=strange.id)
    assert isinstance(refused, Refused)
    gone = print_paper(Asked(order=ident("gone"), now_ms=NOW), shelf, PRINTER)
    assert isinstance(gone, Refused)
    assert (gone.code, gone.field) == ("unknown_subject", "wo")


def taken(content: Content) -> tuple[SignOff, SignedDocument]:
    """A sign-off of the sample visit, as if it were for the job of the rows."""
    assert content.sign_off is not None
    assert content.signed is not None
    return structs.replace(content.sign_off, work_order_id=ORDER), content.signed


def test_what_was_signed_is_printed_in_the_language_it_was_signed_in() -> None:
    sign_off, kept = taken(visit.signed("zh"))
    shelf = Shelf(rows=[*ROWS, sign_off], kept=kept)
    made = must(shelf)
    assert made.state == "sealed"
    assert "售后服务报告" in text_of(made.pdf)
    assert made.content_hash == content_hash(visit.signed("zh"))
    assert must(shelf, language="en").name.endswith("-en.pdf")


def test_where_a_paper_is_verified_says_the_organisation_and_no_phone() -> None:
    content = visit.signed("zh")
    sign_off, kept = taken(content)
    house = structs.replace(
        proven.HOUSE, id=ORGANISATION, verify_url=content.document.head.verify_url
    )
    elsewhere = structs.replace(house, verify_url="https://elsewhere.example/verify")
    made = [
        must(Shelf(rows=[*ROWS, sign_off, *known], kept=kept)).pdf
        for known in ([], [house], [elsewhere])
    ]
    assert made[0] == made[1] != made[2]
    named = structs.replace(content, verify_url=elsewhere.verify_url)
    assert address_of(named).startswith("https://elsewhere.example/verify?code=")


def test_a_signed_text_that_nobody_can_read_gives_way_to_the_rows() -> None:
    sign_off, kept = taken(visit.signed("zh"))
    torn = structs.replace(kept, document='{"version": 1')
    assert must(Shelf(rows=[*ROWS, sign_off], kept=torn)).state == "unsigned"
    assert must(Shelf(rows=[*ROWS, sign_off], kept=None)).state == "unsigned"


def test_whoever_was_there_last_is_the_technician() -> None:
    state = State(ROWS)
    order = state.find(WorkOrder, ORDER)
    assert order is not None
    assert gathering.technician_of(state, order) == ident("ann")
    assert gathering.technician_of(State([order]), order) == ""


def test_a_dispatch_order_says_what_was_done_before_and_what_to_take() -> None:
    past = PastVisit(
        id=ident("past"),
        work_order_id=ident("earlier"),
        person_id=ident("ann"),
        ended_at=NOW - 86_400_000,
        outcome="done",
        work_done="Filter cleaned",
    )
    asset = company.ASSET.id
    known = AssetHistory(
        id=history_id(asset), site_id=company.SITE.id, asset_id=asset, visits=(past,)
    )
    planned = PlannedPart(
        id=ident("planned"),
        work_order_id=ORDER,
        part_id=company.FILTER.id,
        amount=2_000,
        person_id=ident("dora"),
        at=NOW,
    )
    strange = structs.replace(planned, id=ident("strange"), part_id=ident("no part"))
    dropped = structs.replace(planned, id=ident("dropped"), amount=9_000, dropped_at=NOW)
    shelf = Shelf(rows=[*ROWS, known, planned, strange, dropped])
    text = text_of(must(shelf, kind="dispatch", language="en").pdf)
    for words in ("Done · Filter cleaned · Ann", company.FILTER.number, "2 ", "Pressure"):
        assert words in text
    assert "9 " not in text.split("Parts to take")[1].split("To check")[0]
