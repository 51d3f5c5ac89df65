"""What the outbox, the settings, the PIN and the first page tell, as values."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mobile.lock import Lock
from mobile.queries import Line
from mobile.texts import Words
from mobile.views.chip import Traffic, chip
from mobile.views.enrol import enrol, refusal
from mobile.views.outbox import Look, args_in, entry, outbox
from mobile.views.pin import pin, wait_text, wrong_text
from mobile.views.repair import repair_fields, repaired
from mobile.views.settings import Known, settings
from shared.errors import refuse_person, refuse_state
from shared.ids import derive
from tests.mobile.phones import Phone
from tests.world import FILTER, World

EN, ZH = Words("en"), Words("zh")
NOW = 1_795_401_000_000
TEXT = "fieldfare:1?url=https%3A%2F%2Foffice.example%3A8470&code=7KQ2-9XWM"


def a_line(called: str, kind: str = "work_order.accept", **more: Any) -> Line:
    known = Line(
        lseq=1,
        op_id=derive("op", called),
        kind=kind,
        job=derive("job", "one"),
        number="WO-1",
        done_at=NOW - 120_000,
        state="waiting",
        verdict=None,
        code=None,
        field=None,
        params={},
        fingerprint="",
    )
    return structs.replace(known, **more)


ASIDE = a_line(
    "aside", "parts.use", state="attention", verdict="quarantined", reason="A newer app.", lseq=2
)
LINES = [
    a_line("waits", "note.add"),
    ASIDE,
    a_line("decided", state="attention", verdict="conflict", reason="Cancelled meanwhile."),
    a_line("refused", state="refused", verdict="rejected", reason="Not permitted."),
    a_line("there", state="safe", verdict="applied"),
]
SAID: dict[str, dict[str, Any]] = {
    LINES[0].op_id: {"text": "Ring\ntwice", "audience": "internal"},
    ASIDE.op_id: {"part": FILTER, "quantity": "1.50", "serial": "S-7"},
}
LOOK = Look(
    args_of=lambda op_id: SAID.get(op_id, {}),
    name_of=lambda identity: "Filter" if identity == FILTER else "",
)


def test_an_outbox_of_five_thousand_entries_tells_the_first_of_each_group_and_counts_them() -> None:
    """C68."""
    asked: list[str] = []

    def args_of(op_id: str) -> dict[str, Any]:
        asked.append(op_id)
        return {"text": "Ring twice"}

    many = [a_line(f"w{index}", "note.add", lseq=index) for index in range(5_000)]
    there = [a_line(f"s{index}", state="safe", verdict="applied") for index in range(2_000)]
    view = outbox([*many, *there], structs.replace(LOOK, args_of=args_of), EN, NOW)
    assert [(group.title, len(group.entries)) for group in view.groups] == [
        ("Waiting to be sent (5000) · 200 shown", 200),
        ("With the office (2000) · 30 shown", 30),
    ]
    assert [one.op_id for one in view.groups[0].entries] == [one.op_id for one in many[:200]]
    assert len(asked) == 230


def test_the_outbox_puts_first_what_needs_its_person_and_says_that_the_rest_is_safe() -> None:
    """R9."""
    view = outbox(LINES, LOOK, EN, NOW)
    assert [(one.name, [entry.what for entry in one.entries]) for one in view.groups] == [
        ("needs_you", ["Used a part", "Accepted the job", "Accepted the job"]),
        ("waiting", ["Wrote a note"]),
        ("safe", ["Accepted the job"]),
    ]
    assert (view.head, view.text) == (
        "3 entries need you",
        "1 entry waits on this phone, since 2 min ago",
    )
    waits = view.groups[1].entries[0]
    assert (waits.detail, waits.state) == ("WO-1 · Ring twice", "Waits to be sent")
    empty = outbox([], LOOK, ZH, NOW)
    assert (empty.head, empty.groups, empty.waits) == ("公司已收到全部内容", (), False)


def test_each_entry_offers_only_what_can_still_be_done_about_it() -> None:
    offers = {
        one.state: (one.may_repair, one.may_give_up, one.may_settle, one.why)
        for group in outbox(LINES, LOOK, EN, NOW).groups
        for one in group.entries
    }
    assert offers == {
        "Set aside: correct it or give it up": (True, True, False, "A newer app."),
        "The dispatcher decides": (False, False, True, "Cancelled meanwhile."),
        "Not accepted": (False, False, True, "Not permitted."),
        "Waits to be sent": (False, False, False, ""),
        "The office has it": (False, False, False, ""),
    }


def test_what_has_been_seen_or_corrected_needs_nobody_any_more() -> None:
    mending = a_line("mending", "op.repair")
    said = {**SAID, mending.op_id: {"of": ASIDE.op_id}}
    look = structs.replace(LOOK, args_of=lambda op_id: said.get(op_id, {}))
    read = [structs.replace(one, settled=one is LINES[3]) for one in LINES]
    view = outbox([*read, mending], look, EN, NOW)
    assert view.head == "1 entry needs you"
    aside = entry([*LINES, mending], ASIDE.op_id, look, EN, NOW)
    assert aside is not None
    assert (aside.state, aside.may_repair) == ("Corrected; the correction waits to be sent", False)


def test_only_words_may_be_corrected_and_they_go_back_where_they_were() -> None:
    args = SAID[ASIDE.op_id]
    fields = repair_fields("asset.edit", args, EN, {"serial": "S-8"})
    assert [(one.label, one.value, one.input) for one in fields] == [
        ("Quantity", "1.50", "number"),
        ("Serial number", "S-8", "line"),
    ]
    assert repaired(args, {"quantity": "2", "serial": "S-8", "other": "x"}) == {
        **args,
        "quantity": "2",
        "serial": "S-8",
    }
    edit = {"fields": {"contact_phone": ["1", "2"], "access_notes": [None, "Ring"]}}
    assert [(one.path, one.input) for one in repair_fields("asset.edit", edit, ZH)] == [
        ("fields.contact_phone", "line"),
        ("fields.access_notes", "text"),
    ]
    assert repaired(edit, {"fields.contact_phone": "3"}) == {
        "fields": {"contact_phone": ["1", "3"], "access_notes": [None, "Ring"]}
    }
    (choice,) = repair_fields("work_order.complete", {"outcome": "done"}, ZH)
    assert (choice.input, choice.choices[0]) == ("choice", ("done", "已修好"))


@pytest.mark.parametrize(("words", "label"), [(EN, "What it is"), (ZH, "反馈类型")])
def test_of_feedback_the_kind_is_called_what_it_is(words: Any, label: str) -> None:
    (field,) = repair_fields("feedback.record", {"kind": "complaint"}, words)
    assert (field.label, field.input) == (label, "choice")


def test_a_body_that_cannot_be_read_says_nothing() -> None:
    told = (args_in("{"), args_in("[]"), args_in('{"args": 3}'), args_in('{"args": {"a": 1}}'))
    assert told == ({}, {}, {}, {"a": 1})


@pytest.fixture
def phone(tmp_path: Path) -> Any:
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()


def test_the_settings_tell_how_the_phone_stands(phone: Phone) -> None:
    phone.must("work_order.accept")
    condition = structs.replace(
        phone.queries.condition(10**8), clock_skew_ms=-3_600_000, clock_skewed=True
    )
    known = Known(
        login="ann",
        code="T01",
        server="https://office.example",
        theme="dark",
        text_scale=1.3,
        list_style="full",
        photos="all",
        pin_set=False,
        used_bytes=2_500_000,
        chip=chip(Traffic(), phone.queries.waiting(), EN),
        condition=condition,
    )
    view = settings(known, EN, phone.world.now_ms + 60_000)
    assert (view.name, view.person) == ("Ann", "T01 · ann")
    assert [one.code for one in view.themes if one.chosen] == ["dark"]
    assert [one.label for one in view.scales if one.chosen] == ["Large"]
    assert [one.value for one in view.storage] == ["100.0 MB", "2.5 MB"]
    assert view.storage_note.startswith("Little space")
    assert [(one.name, one.value) for one in view.diagnostics[:2]] == [
        ("This phone's clock", "1 h slow"),
        ("Checksum", "Agrees with the office"),
    ]
    assert [one.value for one in view.sync[:2]] == ["1 min ago", "1"]
    assert [one.code for one in view.photos if one.chosen] == ["all"]
    assert "Photos" not in [one.name for one in view.sync]
    with_photos = structs.replace(condition, photos=5, photos_safe=2)
    shown = settings(structs.replace(known, condition=with_photos, photos="needed"), EN, 0)
    assert ("Photos", "5 photos, 2 with the office") in [
        (one.name, one.value) for one in shown.sync
    ]
    assert [one.label for one in shown.photos if one.chosen] == ["Only required"]


def test_the_first_page_says_where_a_text_leads_or_what_it_lacks() -> None:
    assert enrol("", "", EN).ready is False
    whole = enrol(TEXT, "", EN)
    assert (whole.ready, whole.asks_server, whole.hint) == (
        True,
        False,
        "Ready to enrol with office.example:8470",
    )
    bare = enrol("7KQ2-9XWM", "", EN)
    assert (bare.ready, bare.asks_server, bare.fault) == (False, True, "")
    assert enrol("7KQ2-9XWM", "office.example", EN).ready
    assert enrol("7KQ2-9XWM", "http://office.example", EN).fault.startswith("The server's address")
    assert enrol(TEXT, "http://other.example", EN) == whole, "a whole text names its own server"
    assert enrol(TEXT + "&key=short", "", ZH).fault == "这段文字的结尾不完整。请重新完整复制。"


def test_why_a_phone_could_not_be_connected_is_told_in_words() -> None:
    used = refusal(refuse_person("code_used"), EN)
    assert used == "This code has already been used. Ask the dispatcher for a new one."
    away = refusal(refuse_state("unreachable", url="https://office.example"), EN)
    assert away.endswith("The same code is still good.")


def test_the_pin_asks_for_enough_digits_and_counts_the_wait(tmp_path: Path) -> None:
    assert not pin("choose", "123", "Ann", EN).ready
    page = pin("unlock", "1234", "Ann", EN)
    assert (page.title, page.ready, page.spoken) == ("Hello, Ann", True, "4 digits typed")
    assert not pin("unlock", "1234", "Ann", EN, wait_ms=1).ready
    assert wait_text(29_001, EN) == "Too many wrong tries. Try again in 30 s."
    assert wrong_text(Lock(tmp_path).tries_left() - 1, EN).startswith("Not this PIN. 2 tries left")
