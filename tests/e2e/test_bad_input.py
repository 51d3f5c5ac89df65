"""What is wrong is refused or set aside by itself, told in words; everything else goes through."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from msgspec import Struct

from server.texts import read_catalogue
from shared.errors import refuse_value
from shared.ids import fingerprint, id_of_unreadable
from shared.texts import explain
from sync.protocol import Result, WireOp
from tests.e2e.books import read
from tests.e2e.conftest import Company
from tests.e2e.processes import ROOT, Desk, Phone, Told, asked
from tests.e2e.talker import Talker, now_ms, talking, wired

ZHOU, MA = "zhou.jian", "ma.lei"
LANGUAGES: Final = ("en", "zh")
ENGLISH, CATALOGUE_ZH = (
    read_catalogue(ROOT / "assets" / "texts" / language) for language in LANGUAGES
)
MISSING: Final = refuse_value("missing_field", "args.text")
CHINESE: Final = re.compile(r"[一-鿿]")
REFUSED: Final = 3
YEAR_MS: Final = 365 * 24 * 3_600_000
MEGABYTE: Final = "滤" * 350_000


class Bad(Struct, frozen=True, kw_only=True):
    """An act with something wrong, and what is said of it: the code, and the path of the field."""

    kind: str
    args: Any
    code: str
    field: str | None
    verdict: str = "rejected"


NOTE: Final[Told] = {"text": "ok", "audience": "internal"}
USE: Final[Told] = {"part": "CAP-07", "quantity": "1"}

BAD: Final[dict[str, Bad]] = {
    "an unknown kind": Bad(
        kind="work_order.fly", args={}, code="future_kind", field="kind", verdict="quarantined"
    ),
    "an unknown field": Bad(
        kind="note.add",
        args={**NOTE, "mood": "good"},
        code="future_field",
        field="args.mood",
        verdict="quarantined",
    ),
    "a missing field": Bad(
        kind="note.add", args={"audience": "internal"}, code="missing_field", field="args.text"
    ),
    "a number for a text": Bad(
        kind="note.add", args={**NOTE, "text": 5}, code="wrong_type", field="args.text"
    ),
    "an empty text": Bad(
        kind="note.add", args={**NOTE, "text": ""}, code="out_of_range", field="args.text"
    ),
    "a text of blanks": Bad(
        kind="note.add", args={**NOTE, "text": " \n "}, code="not_text", field="args.text"
    ),
    "a text that is too long": Bad(
        kind="note.add", args={**NOTE, "text": "x" * 5_000}, code="out_of_range", field="args.text"
    ),
    "a note of a megabyte": Bad(
        kind="note.add", args={**NOTE, "text": MEGABYTE}, code="too_large", field=None
    ),
    "a control character": Bad(
        kind="note.add", args={**NOTE, "text": "bell\x07"}, code="not_text", field="args.text"
    ),
    "a backspace": Bad(
        kind="work_order.pause",
        args={"reason": "lunch\b"},
        code="not_text",
        field="args.reason",
    ),
    "a direction override": Bad(
        kind="note.add", args={**NOTE, "text": "turn\u202ered"}, code="not_text", field="args.text"
    ),
    "an unknown choice": Bad(
        kind="note.add",
        args={**NOTE, "audience": "all"},
        code="out_of_range",
        field="args.audience",
    ),
    "an unknown outcome": Bad(
        kind="work_order.complete",
        args={"outcome": "went_home"},
        code="out_of_range",
        field="args.outcome",
    ),
    "a float for a quantity": Bad(
        kind="parts.use", args={**USE, "quantity": 1.5}, code="wrong_type", field="args.quantity"
    ),
    "a quantity of nothing": Bad(
        kind="parts.use",
        args={**USE, "quantity": "0"},
        code="wrong_quantity",
        field="args.quantity",
    ),
    "a quantity below nothing": Bad(
        kind="parts.use", args={**USE, "quantity": "-1"}, code="out_of_range", field="args.quantity"
    ),
    "a quantity of a thousand million": Bad(
        kind="parts.use",
        args={**USE, "quantity": "1000000000"},
        code="out_of_range",
        field="args.quantity",
    ),
    "a quantity of a million": Bad(
        kind="parts.use",
        args={**USE, "quantity": "1000000"},
        code="wrong_quantity",
        field="args.quantity",
    ),
    "too many places": Bad(
        kind="parts.use",
        args={**USE, "quantity": "1.2345"},
        code="out_of_range",
        field="args.quantity",
    ),
    "a part that there is not": Bad(
        kind="parts.use",
        args={**USE, "part": "00000000-0000-7000-8000-00000000dead"},
        code="unknown_subject",
        field="args.part",
    ),
    "letters in a telephone number": Bad(
        kind="edit",
        args={"fields": {"contact_phone": "call me"}},
        code="wrong_value",
        field="args.fields.contact_phone",
    ),
    "a priority there is not": Bad(
        kind="edit",
        args={"fields": {"priority": "yesterday"}},
        code="wrong_value",
        field="args.fields.priority",
    ),
    "an act of the office": Bad(
        kind="work_order.cancel",
        args={"reason": "too hot"},
        code="not_permitted",
        field=None,
    ),
}


class Desktop(Struct, frozen=True, kw_only=True):
    """One job of Zhou's, his phone, and somebody who speaks for it without its rules."""

    company: Company
    job: Told
    phone: Phone
    talker: Talker

    @property
    def on(self) -> tuple[str, str]:
        """The job, as an op names it."""
        return ("work_order", str(self.job["id"]))

    def wire(self, bad: Bad) -> Told:
        """The same act as the phone would have made it."""
        if bad.kind == "edit":
            (name,) = bad.args["fields"]
            fields = {name: ["", bad.args["fields"][name]]}
            if name == "contact_phone":
                args = {"fields": fields, "work_order": self.job["id"]}
                return self.talker.header(bad.kind, ("site", self.job["site_id"]), args)
            return self.talker.header(bad.kind, self.on, {"fields": fields})
        if bad.kind == "parts.use":
            return self.talker.header(bad.kind, self.on, {**self.part(), **self.rest(bad)})
        return self.talker.header(bad.kind, self.on, bad.args)

    def part(self) -> Told:
        """The part, and the van it lies in, by id."""
        (part,) = self.company.desk.get("/api/stock", location="WH1", q=USE["part"])["items"]
        van = self.company.desk.get("/api/stock", location="V01", limit="1")["items"][0]
        return {"part": part["part_id"], "location": van["location_id"]}

    @staticmethod
    def rest(bad: Bad) -> Told:
        """The arguments, without a part that is named by its number."""
        named = bad.args["part"] == USE["part"]
        return {name: value for name, value in bad.args.items() if not (named and name == "part")}

    def texts(self) -> list[str]:
        """The notes on the job."""
        return [note["text"] for note in self.company.desk.order(self.job["number"])["notes"]]


@pytest.fixture(scope="module")
def desktop(company: Company) -> Iterator[Desktop]:
    """A job that has begun."""
    job = company.job(ZHOU)
    phone = company.phone(ZHOU)
    phone.work(job["number"], "accept", "depart", "arrive", "start")
    assert phone.sync().code == 0
    with talking(phone) as talker:
        yield Desktop(company=company, job=job, phone=phone, talker=talker)


def recorded(phone: Phone) -> int:
    ((count,),) = read(phone.database(), "SELECT count(*) FROM outbox")
    return int(count)


def assert_words(told: dict[str, str]) -> None:
    """A reason in both languages, with everything filled in."""
    assert "{" not in "".join(told.values())
    assert CHINESE.search(told["zh"]), told
    assert len(told["en"]) > 15, told
    assert not CHINESE.search(told["en"].replace("“滤网”", "")), told


# Said to the phone

UNKNOWN_TO_THE_PHONE: Final = {"future_kind": "unknown_choice", "future_field": "unknown_field"}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_the_phone_refuses_it_in_words_and_records_nothing(desktop: Desktop, bad: Bad) -> None:
    before, number = recorded(desktop.phone), desktop.job["number"]
    ran = desktop.phone.act(bad.kind, number, "--lang", "zh", **bad.args)
    assert (ran.code, ran.errors) == (REFUSED, "")
    code = UNKNOWN_TO_THE_PHONE.get(bad.code, bad.code)
    assert (ran.told["code"], ran.told["field"]) == (code, bad.field)
    refused = refuse_value(code, bad.field or "", **ran.told["params"])
    assert_words({"zh": ran.told["reason"], "en": explain(ENGLISH, refused)})
    assert recorded(desktop.phone) == before


def test_the_phone_says_why_in_the_language_it_is_asked_in(desktop: Desktop) -> None:
    told = {
        language: desktop.phone.act(
            "note.add", desktop.job["number"], "--lang", language, audience="internal"
        ).told["reason"]
        for language in LANGUAGES
    }
    assert told == {"en": explain(ENGLISH, MISSING), "zh": explain(CATALOGUE_ZH, MISSING)}
    assert_words(told)


def test_the_phone_refuses_a_job_it_was_never_given(desktop: Desktop) -> None:
    other = desktop.company.job(MA)
    before = recorded(desktop.phone)
    ran = desktop.phone.act("note.add", other["number"], **NOTE)
    assert (ran.code, ran.told["code"], ran.told["field"]) == (REFUSED, "unknown_subject", "wo")
    ran = desktop.phone.act("note.add", None, **NOTE)
    assert (ran.code, ran.told["code"], ran.told["field"]) == (REFUSED, "missing_field", "wo")
    assert recorded(desktop.phone) == before


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"text": NaN', "[" * 100_000], ids=range(5))
def test_arguments_that_are_no_object_are_wrong_usage(desktop: Desktop, text: str) -> None:
    ran = desktop.phone.run(
        *("do", "note.add", "--wo", desktop.job["number"], "--json", "-"), stdin=text
    )
    assert (ran.code, ran.errors) == (2, "")
    assert ran.told["code"] == "not_json"


# Handed in over the wire, among others


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_the_server_stops_one_op_and_takes_the_others(desktop: Desktop, bad: Bad) -> None:
    before, told = desktop.texts(), desktop.talker
    order = desktop.job["id"]
    good = [told.note(order, f"{place} beside {bad.code}") for place in ("first", "last")]
    wrong = desktop.wire(bad)
    results = told.push(good[0], wrong, good[1])
    assert [one.verdict for one in results] == ["applied", bad.verdict, "applied"]
    assert_told(results[1], bad.code, bad.field)
    after = [*before, *(note["args"]["text"] for note in good)]
    assert sorted(desktop.texts()) == sorted(after)
    if wrong["on"][0] == "work_order" and bad.code != "too_large":
        assert_in_story(desktop, str(wrong["id"]), bad.code)
    again = told.push(wrong)
    assert (again[0].verdict, again[0].code) == (bad.verdict, bad.code)


def assert_told(result: Result, code: str, field: str | None) -> None:
    """The answer names the op, the rule and the field."""
    assert (result.code, result.detail.get("field")) == (code, field), result


def assert_in_story(desktop: Desktop, op: str, code: str) -> None:
    """The job's story has the op, and why it was not done, in both languages."""
    reasons = {}
    for language in LANGUAGES:
        line = desktop.company.desk.line(desktop.job["number"], op, language=language)
        assert line["code"] == code
        reasons[language] = line["reason"]
    assert_words(reasons)


def among_others(desktop: Desktop, *ops: Told | WireOp) -> list[Result]:
    """Hand ops in with a good one before and after; what became of them."""
    told, order = desktop.talker, desktop.job["id"]
    results = told.push(told.note(order, "before"), *ops, told.note(order, "after"))
    assert (results[0].verdict, results[-1].verdict) == ("applied", "applied"), results
    return results[1:-1]


@pytest.mark.parametrize(
    ("change", "verdict", "code", "field"),
    [
        ({"by": "00000000-0000-7000-8000-0000000000aa"}, "rejected", "wrong_author", "by"),
        ({"origin": "console"}, "rejected", "wrong_value", "origin"),
        ({"origin": "moon"}, "rejected", "out_of_range", "origin"),
        ({"v": 0}, "rejected", "out_of_range", "v"),
        ({"v": 99}, "quarantined", "future_version", "v"),
        ({"v": "1"}, "rejected", "wrong_type", "v"),
        ({"on": ["work_order", "WO-1"]}, "rejected", "out_of_range", "on[1]"),
        ({"on": ["site", "00000000-0000-7000-8000-0000000000aa"]}, "rejected", "wrong_value", "on"),
        ({"salt": "short"}, "rejected", "out_of_range", "salt"),
        ({"at": {"wall": 1}}, "rejected", "missing_field", "at.boot"),
        ({"colour": "red"}, "quarantined", "future_field", "colour"),
        ({"args": None}, "rejected", "wrong_type", "args"),
        ({"visit": "tomorrow"}, "rejected", "out_of_range", "visit"),
    ],
    ids=str,
)
def test_a_wrong_header_is_told_by_its_field(
    desktop: Desktop, change: Told, verdict: str, code: str, field: str
) -> None:
    """C05."""
    (result,) = among_others(desktop, {**desktop.talker.note(desktop.job["id"], "x"), **change})
    assert (result.verdict, result.code) == (verdict, code)
    assert_told(result, code, field)


@pytest.mark.parametrize(
    "body", ["", "{", "null", "[]", '"x"', "{}", "[" * 20_000, '{"id": 5}'], ids=range(8)
)
def test_a_body_that_cannot_be_read_is_kept_under_an_id_of_its_own(
    desktop: Desktop, body: str
) -> None:
    wire = WireOp(lseq=2, id="00000000-0000-7000-8000-0000000000bb", body=body)
    (result,) = among_others(desktop, wire)
    assert (result.verdict, result.code) == ("quarantined", "unreadable")
    assert result.detail["op_id"] == id_of_unreadable(fingerprint(body))


@pytest.mark.parametrize("depth", [100, 490, 900, 5_000])
def test_brackets_without_end_stop_nobody_else(desktop: Desktop, depth: int) -> None:
    deep = "[" * depth + '"\\u0007"' + "]" * depth
    body = wired(desktop.talker.note(desktop.job["id"], "DEEP"), 2)
    wire = WireOp(lseq=2, id=body.id, body=body.body.replace('"DEEP"', deep))
    (result,) = among_others(desktop, wire)
    assert (result.verdict, result.code) in (
        ("rejected", "not_text"),
        ("quarantined", "unreadable"),
    )


def test_a_body_under_another_id_is_set_aside(desktop: Desktop) -> None:
    body = desktop.talker.note(desktop.job["id"], "x")
    wire = WireOp(lseq=2, id="00000000-0000-7000-8000-0000000000cc", body=wired(body, 2).body)
    (result,) = among_others(desktop, wire)
    assert (result.verdict, result.code) == ("quarantined", "id_mismatch")


def test_the_same_id_with_other_words_keeps_both_and_changes_nothing(desktop: Desktop) -> None:
    first = desktop.talker.note(desktop.job["id"], "as it was said")
    other = {**first, "args": {**first["args"], "text": "said otherwise"}}
    assert [one.verdict for one in among_others(desktop, first)] == ["applied"]
    (result,) = among_others(desktop, other)
    assert (result.verdict, result.code) == ("quarantined", "id_reused")
    assert result.detail["op_id"] == id_of_unreadable(fingerprint(wired(other, 2).body))
    assert [one.verdict for one in among_others(desktop, first)] == ["applied"]
    texts = desktop.texts()
    assert (texts.count("as it was said"), texts.count("said otherwise")) == (1, 0)


def test_facts_of_a_stranger_are_kept_apart_and_those_of_a_former_assignee_are_flagged(
    desktop: Desktop,
) -> None:
    """S4."""
    company, talker = desktop.company, desktop.talker
    never, once = company.job(MA), company.job(ZHOU)
    company.desk.must("work_order.reassign", ("work_order", once["id"]), person=company.people[MA])
    stranger, former = talker.note(never["id"], "mine?"), talker.note(once["id"], "mine")
    step = talker.header("work_order.accept", ("work_order", once["id"]), {})
    results = among_others(desktop, stranger, former, step)
    assert [one.verdict for one in results] == ["rejected", "applied", "conflict"]
    assert [one.code for one in results] == ["not_assigned", None, "former_assignee"]
    assert "by_former_assignee" in {flag.code for flag in results[1].flags}
    assert company.desk.order(never["number"])["notes"] == []
    assert company.desk.order(once["number"])["status"] == "assigned"
    told = {
        language: company.desk.line(never["number"], stranger["id"], language=language)["reason"]
        for language in LANGUAGES
    }
    assert_words(told)


@pytest.mark.parametrize("by_ms", [YEAR_MS, -YEAR_MS], ids=["ahead", "behind"])
def test_a_clock_a_year_off_is_flagged_and_decides_nothing(desktop: Desktop, by_ms: int) -> None:
    """C58."""
    body = desktop.talker.note(desktop.job["id"], f"clock {by_ms}")
    body["at"] = {"wall": now_ms() + by_ms, "boot": "another", "mono": 5, "src": "boottime"}
    (result,) = among_others(desktop, body)
    assert result.verdict == "applied"
    assert "clock_uncertain" in {flag.code for flag in result.flags}
    line = desktop.company.desk.line(desktop.job["number"], body["id"])
    assert line["uncertain"]
    assert line["done_at"] <= line["received"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_office_is_told_the_field_and_the_reason(desktop: Desktop, language: str) -> None:
    """C05."""
    desk = Desk(desktop.company.server.url, language=language)
    good = asked("note.add", desktop.on, text="from the desk", audience="internal")
    bad = asked("note.add", desktop.on, text="x\u202ey", audience="internal")
    told = desk.say([good, bad])
    assert [one["verdict"] for one in told] == ["applied", "rejected"]
    assert (told[1]["id"], told[1]["code"], told[1]["field"]) == (
        bad["id"],
        "not_text",
        "args.text",
    )
    assert {"en": "“Text”", "zh": "“文字”"}[language] in told[1]["reason"].replace("「", "“")
