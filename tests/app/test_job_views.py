"""A job's screens in words: what comes next, what is missing, what an outcome means."""

from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from mobile.queries import Sheet
from mobile.texts import Words
from mobile.views.call import call, dialled, note_of
from mobile.views.checklist import as_number, checklist
from mobile.views.details import details
from mobile.views.history import history
from mobile.views.notes import notes, with_phrase
from mobile.views.outcome import ending, ways
from mobile.views.parts import found, held, more, parts, picked
from mobile.views.step import Step, is_unseen, step
from mobile.views.wish import kept, restored, stepped, walls, wish_of, wish_view
from mobile.views.work_order import work_order
from shared.visit import AT_THE_DOOR, OUTCOMES
from tests.mobile.phones import Phone
from tests.world import ANN, ASSET, BOARD, BOB, CHECKLIST, FILTER, World

EN, ZH = (Words(language, zone=timezone(timedelta(hours=8))) for language in ("en", "zh"))


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()


def sheet_of(phone: Phone) -> Sheet:
    found = phone.queries.sheet(phone.job)
    assert found is not None
    return found


def next_step(phone: Phone, words: Words = EN) -> Step:
    return step(sheet_of(phone), ANN, words)


def told(one: Step) -> tuple[str, str, list[str]]:
    return (one.label, one.detail, [choice.action for choice in one.beside])


def test_the_big_button_names_the_next_step_until_the_job_is_done(phone: Phone) -> None:
    story = [told(next_step(phone))]
    for verb in ("accept", "depart", "arrive", "start"):
        phone.must(f"work_order.{verb}")
        story.append(told(next_step(phone)))
    phone.must("checklist.answer", {"item": "leaks", "value": "pass"})
    story.append(told(next_step(phone)))
    phone.must("work_order.pause", {"reason": "lunch"})
    story.append(told(next_step(phone)))
    phone.must("work_order.resume")
    phone.must("work_order.complete", {"outcome": "done"})
    story.append(told(next_step(phone)))
    assert story == [
        ("Accept the job", "The office sees that you will come.", ["decline"]),
        ("Set off", "Records when you leave.", ["arrive", "decline"]),
        ("I am there", "Records when you arrive.", ["end"]),
        ("Start work", "Records when work begins.", ["end", "begin"]),
        ("1 check left", "Next: No leaks", ["pause", "end", "begin"]),
        ("Finish the job", "All required checks are answered.", ["pause", "end", "begin"]),
        ("Go on working", "Work is paused.", ["end", "begin"]),
        ("Charges", "Nothing is on the bill yet.", ["sign", "report", "begin"]),
    ]


def test_the_button_never_says_finish_without_saying_what_failed(phone: Phone) -> None:
    phone.work()
    phone.must("checklist.answer", {"item": "leaks", "value": "fail"})
    phone.must("checklist.answer", {"item": "pressure", "value": "9"})
    assert told(next_step(phone))[:2] == (
        "Finish the job",
        "2 checks failed or are outside their limits",
    )
    assert told(next_step(phone, ZH))[:2] == ("完工", "2 项不合格或超出限值")


def test_a_job_that_stays_open_says_how_the_last_visit_ended(phone: Phone) -> None:
    phone.work()
    phone.must("work_order.complete", {"outcome": "customer_not_in"})
    assert told(next_step(phone))[:2] == (
        "Set off",
        "The last visit ended with “Customer not in”. The office plans the next one.",
    )


def test_a_visit_that_was_no_whole_one_is_signed_for_all_the_same(phone: Phone) -> None:
    phone.work()
    phone.must("work_order.complete", {"outcome": "waits_for_part"})
    assert told(next_step(phone)) == (
        "Charges",
        "Nothing is on the bill yet.",
        ["depart", "arrive", "decline", "sign", "report"],
    )


def test_a_cancelled_job_says_that_nothing_is_left_to_do(phone: Phone) -> None:
    phone.world.must(phone.world.office("work_order.cancel", phone.on, {"reason": "twice"}))
    phone.sync()
    one = next_step(phone)
    assert (one.action, one.label, one.beside) == ("", "", ())


def test_the_overview_tells_where_with_what_and_how_safe(phone: Phone) -> None:
    view = work_order(sheet_of(phone), ANN, EN, phone.world.now_ms)
    place, machine = view.place, view.machine
    assert machine is not None
    assert (view.title, view.status.text, view.planned) == (
        "Heat pump does not start",
        "Assigned",
        "Mon, 23 Nov, 09:00–11:00",
    )
    assert (place.customer, place.address, place.phone) == (
        "陈静 · 女士",
        "Main Street 1",
        "138 0000 5678",
    )
    assert (machine.name, machine.model, machine.serial) == ("Heat pump", "HP-9", "S-1")
    assert view.sync.text == "The office has everything you recorded here."
    assert [(one.label, one.count, one.tone) for one in view.sections] == [
        ("Checklist", "0/2", "warning"),
        ("Photos", "", "neutral"),
        ("Parts", "", "neutral"),
        ("Bill", "", "neutral"),
        ("Notes", "", "neutral"),
        ("Details", "", "neutral"),
        ("History", "", "neutral"),
    ]


def test_what_waits_on_the_phone_is_counted_in_words(phone: Phone) -> None:
    phone.must("work_order.accept")
    phone.must("note.add", {"text": "Key at the desk", "audience": "internal"})
    view = work_order(sheet_of(phone), ANN, EN, phone.world.now_ms)
    assert view.sync.text == "2 entries wait on this phone. They are safe and go by themselves."


def test_a_conflict_says_both_values_and_whose_stands(phone: Phone) -> None:
    """C53."""
    fields = {"planned_from": ["2026-11-23T09:00", "2026-11-23T13:00"]}
    later = {"planned_to": ["2026-11-23T11:00", "2026-11-23T15:00"]}
    phone.world.must(phone.world.office("edit", phone.on, {"fields": {**fields, **later}}))
    phone.must("edit", {"fields": {"planned_from": "2026-11-23T10:00"}})
    phone.sync()
    alerts = [one.text for one in work_order(sheet_of(phone), ANN, EN, 0).alerts]
    assert alerts[0] == (
        "“Planned from”: the office wrote “Mon, 23 Nov · 13:00”, you wrote “Mon, 23 Nov · 10:00”."
        " The office's stands; the dispatcher can bring yours back."
    )


def test_every_outcome_says_in_words_what_follows(phone: Phone) -> None:
    phone.work()
    for words in (EN, ZH):
        found = ways(sheet_of(phone), words)
        assert [one.code for one in found] == list(OUTCOMES)
        assert [one.ends for one in found] == list(OUTCOMES.values())
        assert [one for one in found if one.code in (one.label, one.meaning)] == []
    blocked = [one.blocked for one in ways(sheet_of(phone), EN) if one.blocked]
    assert blocked == ["1 required check is still missing: No leaks"]


def test_before_work_began_only_the_outcomes_at_the_door_are_offered(phone: Phone) -> None:
    assert ways(sheet_of(phone), EN) == ()
    for verb in ("accept", "depart"):
        phone.must(f"work_order.{verb}")
    assert {one.code for one in ways(sheet_of(phone), EN)} == AT_THE_DOOR
    assert ending(sheet_of(phone), "done", EN) is None


def test_an_outcome_asks_only_for_what_belongs_to_it(phone: Phone) -> None:
    phone.work()
    asked = {code: ending(sheet_of(phone), code, EN) for code in OUTCOMES}
    assert {code: one.fields for code, one in asked.items() if one is not None} == {
        "done": ("diagnosis", "work_done", "remark"),
        "no_fault_found": ("diagnosis", "remark"),
        "price_refused": ("diagnosis", "remark"),
        "customer_refuses": ("remark",),
        "customer_not_in": ("remark",),
        "customer_moved_date": ("remark",),
        "waits_for_part": ("diagnosis", "work_done", "remark"),
        "wrong_address": ("remark",),
        "taken_back": ("diagnosis", "work_done", "remark"),
        "unsafe": ("remark",),
    }


def test_the_checklist_says_how_far_it_is_and_marks_what_lies_outside(phone: Phone) -> None:
    phone.work()
    before = checklist(sheet_of(phone), EN, phone.world.now_ms)
    phone.must("checklist.answer", {"item": "pressure", "value": "9.5"})
    after = checklist(sheet_of(phone), EN, phone.world.now_ms)
    leaks, pressure = after.checks
    assert (before.progress, before.left, before.first_missing) == (
        "0 of 2 answered",
        "1 required check is left",
        "leaks",
    )
    assert (after.progress, after.bad, after.tone) == (
        "1 of 2 answered",
        "1 failed or outside limits",
        "danger",
    )
    assert [one.code for one in leaks.options] == ["pass", "fail", "not_applicable"]
    assert (pressure.limits, pressure.standing) == ("0.5 to 2.5 MPa", "bad")
    assert pressure.warning.startswith("Outside the limits: 0.5 to 2.5 MPa.")


@pytest.mark.parametrize(
    ("typed", "kept_as"),
    [
        ("21,4", "21.4"),
        ("２１。４", "21.4"),
        (".5", "0.5"),
        (" -3 ", "-3"),
        ("3 bar", None),
        ("", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, kept_as: str | None) -> None:
    assert as_number(typed) == kept_as


def test_details_show_what_the_office_has_where_it_differs(phone: Phone) -> None:
    phone.must("edit", {"fields": {"contact_name": "Lao Wang"}})
    phone.must("edit", {"fields": {"planned_from": "2026-11-23T10:00"}})
    view = details(sheet_of(phone), EN, phone.world.now_ms)
    assert {one.name: (one.value, one.office) for one in view.blanks} == {
        "contact_name": ("Lao Wang", "The office has nothing here yet."),
        "contact_phone": ("138 0000 5678", ""),
        "access_notes": ("", ""),
        "job_note": ("", ""),
    }
    assert view.planned_office == "The office has: Mon, 23 Nov, 09:00–11:00"


def test_notes_stand_newest_first_with_author_and_audience(phone: Phone) -> None:
    phone.must("note.add", {"text": "First", "audience": "internal"})
    phone.must("note.add", {"text": "Second", "audience": "customer"})
    said = {"text": "From the office", "audience": "internal"}
    phone.world.must(phone.world.office("note.add", phone.on, said))
    phone.sync()
    view = notes(sheet_of(phone), ANN, EN, phone.world.now_ms)
    assert [(one.text, one.author, one.audience) for one in view.lines] == [
        ("From the office", "Dora", "Internal"),
        ("Second", "You", "For the customer"),
        ("First", "You", "Internal"),
    ]


def test_a_phrase_becomes_a_sentence_of_its_own() -> None:
    assert with_phrase("", "Dog", EN) == "Dog."
    assert with_phrase("Dog.", "Ladder", EN) == "Dog. Ladder."
    assert with_phrase("有狗", "带梯子", ZH) == "有狗。带梯子。"


def test_a_call_goes_to_the_contact_and_is_noted_in_words(phone: Phone) -> None:
    found = call(sheet_of(phone))
    assert found is not None
    assert (found.number, found.dialled) == ("138 0000 5678", "13800005678")
    assert dialled("0329-8555 (12)") == "0329855512"
    assert note_of("agreed", "138", EN, "Mon") == "Called 138: agreed Mon."


def test_a_wish_moves_by_steps_and_stays_possible(phone: Phone) -> None:
    today = EN.today(phone.world.now_ms)
    wish = wish_of(sheet_of(phone), today)
    assert walls(wish) == ("2026-11-23T09:00", "2026-11-23T11:00")
    assert wish_view(wish, EN, today).whole == "Mon, 23 Nov, 09:00–11:00"
    assert walls(stepped(wish, "begin", 1, today)) == ("2026-11-23T09:30", "2026-11-23T11:30")
    assert stepped(wish, "end", -9, today).end == wish.begin + 30
    assert stepped(wish, "day", -99, today).day == today
    assert restored(kept(wish)) == wish
    assert restored("2026-02-30T09:00/2026-02-30T11:00") is None


def test_parts_stand_in_three_lists_with_what_the_van_holds(phone: Phone) -> None:
    phone.must("parts.plan", {"part": FILTER, "quantity": "3", "note": "if dirty"})
    phone.must("parts.plan", {"part": BOARD, "quantity": "1"})
    phone.work()
    plan = sheet_of(phone).planned[0].line.id
    phone.must("parts.use", {"part": FILTER, "quantity": "1", "planned": plan})
    phone.must("parts.use", {"part": BOARD, "quantity": "1", "serial": "S-7", "old_part": "kept"})
    phone.must("parts.order", {"text": "blue hose", "quantity": "2", "note": "soon"})
    view = parts(sheet_of(phone), held(phone.queries.van()), EN)
    assert [
        (one.name, one.quantity, one.van, one.extra, one.is_direct) for one in view.planned
    ] == [
        ("Filter", "2 pc", "Van: 9 pc", "if dirty", True),
        ("Board", "1 pc", "Van: 1 pc", "", False),
    ]
    assert [(one.name, one.quantity, one.extra, one.tap) for one in view.used] == [
        ("Filter", "1 pc", "", "take_back"),
        ("Board", "1 pc", "No. S-7\nold part: I keep it", "take_back"),
    ]
    assert [(one.name, one.quantity, one.van, one.extra) for one in view.ordered] == [
        ("blue hose", "2", "Asked for", "soon")
    ]


def test_a_use_that_was_taken_back_stays_and_says_so(phone: Phone) -> None:
    phone.work()
    phone.must("parts.use", {"part": FILTER, "quantity": "1.5"})
    phone.must("parts.return", {"use": sheet_of(phone).parts[0].use.id})
    (row,) = parts(sheet_of(phone), held(phone.queries.van()), EN).used
    assert (row.quantity, row.extra, row.tap) == ("1.5 pc", "taken back", "")


def test_more_than_the_van_holds_is_said_before_it_is_used(phone: Phone) -> None:
    (line,) = phone.queries.find_parts("F-1")
    van = held(phone.queries.van())
    assert picked(line.part, van, "10", EN).short == ""
    assert picked(line.part, van, "10,5", EN).short == (
        "Your van's books show 10 pc. It is recorded all the same; the store will count."
    )
    assert [(one.number, one.van) for one in found([line.part], {}, EN)] == [
        ("F-1", "Not in your van")
    ]
    assert [more("1", -1), more("1.5", 1), more("", 1)] == ["1", "2.5", "1"]


def test_a_second_visit_knows_the_first_one(phone: Phone) -> None:
    phone.work()
    phone.must("checklist.answer", {"item": "pressure", "value": "1.9", "asset": ASSET})
    phone.must("checklist.answer", {"item": "leaks", "value": "pass", "asset": ASSET})
    phone.must(
        "work_order.complete", {"outcome": "done", "diagnosis": "Dirty", "work_done": "Cleaned"}
    )
    phone.sync()
    story = [one.what for one in history(sheet_of(phone), EN, phone.world.now_ms).moments]
    phone.job = phone.world.job(ANN, checklist=CHECKLIST)
    phone.sync()
    sheet, now = sheet_of(phone), phone.world.now_ms
    (earlier,) = history(sheet, EN, now).earlier
    machine = work_order(sheet, ANN, EN, now).machine
    assert story[0] == "Ann ended the visit"
    assert machine is not None
    assert machine.last == "Today · Done · Ann"
    assert (earlier.title, earlier.found, earlier.done) == ("Done", "Dirty", "Cleaned")
    assert [one.last for one in checklist(sheet, EN, now).checks] == [
        "Last time Pass · Today",
        "Last time 1.9 MPa · Today",
    ]


def test_a_helper_takes_the_job_on_and_says_for_themselves_that_they_came(phone: Phone) -> None:
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": BOB}))
    helper = {"person": ANN, "role": "helper"}
    phone.world.must(phone.world.office("work_order.assign", phone.on, helper))
    phone.sync()
    story = []
    for verb in ("work_order.accept", "work_order.depart", "work_order.arrive"):
        story.append(next_step(phone).action)
        phone.must(verb)
    assert story[0] == "accept"
    assert work_order(sheet_of(phone), ANN, EN, phone.world.now_ms).team == "With Bob"
    assert is_unseen(sheet_of(phone), ANN)
    phone.must("work_order.see")
    assert not is_unseen(sheet_of(phone), ANN)
