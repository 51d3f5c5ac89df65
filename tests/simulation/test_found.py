"""Weeks in which the simulation once found a fault, lived through again step by step."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation.begun import Finders
from tests.simulation.promised import Promised
from tests.simulation.test_state_machine import Company
from tests.simulation.upgrades import without
from tests.simulation.weeks import CHECKS, Week, live
from tests.simulation.whole import Whole
from tests.world import ANN, BOB


def restored_while_a_part_was_pending(week: Company) -> None:
    """What a restored server no longer has is laid over what is shown, also if the phone dies."""
    week.server_is_backed_up()
    order = week.new_job(both=False, who=ANN)
    week.office_edits_between_conversations(after=1, faults=[], order=order, phone=0, small=False)
    week.unassign(order=order)
    week.use(order=order, phone=0, quantity=1)
    week.sync(faults=[], ops_max=1, phone=0, small=False)
    week.server_is_restored_from_its_backup(silently=False)
    week.phone_dies_while_syncing(after=22, phone=0)


def taken_away_and_given_back(week: Company) -> None:
    """A job that went to somebody else and came back between two conversations is told as given."""
    order = week.new_job(both=True, who=ANN)
    week.office_edits_between_conversations(after=1, faults=[], order=order, phone=1, small=False)
    week.reassign(order=order, who=ANN)
    week.reassign(order=order, who=BOB)
    week.sync(faults=[], ops_max=1, phone=1, small=False)


def edited_while_called_off(week: Company) -> None:
    """What is changed on a cancelled job is not learnt without a word."""
    order = week.new_job(both=False, who=ANN)
    edit: dict[str, Any] = {"after": 1, "faults": [], "order": order, "phone": 0, "small": False}
    week.office_edits_between_conversations(**edit)
    week.cancel(order=order)
    week.office_edits_between_conversations(**edit)


def opened_again_before_it_had_left(week: Company) -> None:
    """What is changed on a job that was put away and waits for a photo is told when it is back."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.office_edits_the_job(order=order, value="urgent")
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.photograph(internal=False, order=order, phone=0, slot="plate")
    week.step(order=order, phone=0, verb="accept")
    week.cancel(order=order)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.server_puts_away(order=order)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.office_edits_the_job(order=order, value="low")
    week.settle(choice="swap", pick=0)
    week.sync(faults=[], ops_max=200, phone=0, small=False)


def given_to_another_while_it_was_done(week: Company) -> None:
    """A job whose end came too late stays hidden under a photo, also in a new epoch."""
    order = week.whole_visit(phone=0, signs=0, waits=False)
    week.reassign(order=order, who=BOB)
    week.whole_visit(phone=0, signs=0, waits=False)
    week.server_takes_a_new_epoch()


def signed_after_its_customer_had_left(week: Company) -> None:
    """What is signed on a job that has left is compared anew when its customer comes back."""
    order = str(week.whole_visit(phone=1, waits=True, signs=2))
    week.job_goes_while_a_phone_is_away(phone=2, order=order)
    week.phone_dies_while_syncing(phone=1, after=38, small=True)
    week.have_it_signed(phone=1, order=order, refuses=False)
    week.new_job(both=False, who=BOB)
    week.sync(phone=1, ops_max=1, small=True, faults=["ok", "late", "no request", "late"])


def the_site_was_changed_by_right_of_a_job_begun_there(week: Finders) -> None:
    """What somebody may do as they have a job that the office does not know yet stays shown."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    begun = week.find_something(order=order, phone=0, works=True)
    week.edit(order=begun, phone=0, value="555")


def begun_while_the_answer_was_lost(week: Finders) -> None:
    """The office's rows of a job come before the answer to its beginning, and are not covered."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.find_something(order=order, phone=0, works=True)
    week.sync(faults=["no reply"], ops_max=200, phone=0, small=False)


def taken_away_beside_one_that_waits(week: Finders) -> None:
    """What a job brought about on its request is shown after it left, as the request stays."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.find_something(order=order, phone=0, works=True)
    week.server_knows_no_beginnings()
    week.job_is_taken_away_during_a_visit(order=str(order), phone=0, given=True)


def changed_twice_before_a_server_that_knows_no_changes(week: Finders) -> None:
    """What was said on top of one's own change that waits is taken back to what was there."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.world.server_registry = without(frozenset({"edit"}))
    week.edit(order=order, phone=0, value="555")
    week.edit(order=order, phone=0, value="666")


def accepted_before_it_was_given_away_and_back(week: Finders) -> None:
    """An act that the office had before the phone knew is taken for none of what came after it."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.step(order=order, phone=0, verb="accept")
    week.phone_dies_while_syncing(after=13, phone=0)
    week.reassign(order=order, who=BOB)
    week.reassign(order=order, who=ANN)
    week.sync(faults=["no request"], ops_max=200, phone=0, small=False)


def declined_before_it_was_given_again(week: Finders) -> None:
    """A job that was given back and given again is told, also where an answer was lost between."""
    order = week.new_job(both=False, who=ANN)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.step(order=order, phone=0, verb="decline")
    week.phone_dies_while_syncing(after=13, phone=0)
    week.reassign(order=order, who=ANN)
    week.sync(faults=["no request"], ops_max=200, phone=0, small=False)


def behind_what_waited_for_a_beginning(week: Finders) -> None:
    """A release that knows the beginning lets go on what waits behind what waits for that."""
    week.server_knows_no_beginnings()
    week.one_comes_to_nothing(phone=0, said=0, more=False)
    week.one_comes_to_nothing(phone=0, said=1, more=False)
    week.sync(faults=["no reply", "late"], ops_max=2, phone=0, small=False)
    week.server_is_upgraded(after=0)


def taken_back_and_used_from_another_van_at_once(week: Finders) -> None:
    """What says that a numbered part was used leaves the van that it was used from."""
    order = week.new_job(both=True, who=ANN)
    week.sync(faults=[], ops_max=200, phone=1, small=False)
    week.use_numbered(order=order, phone=1, serial="S2")
    week.sync(faults=[], ops_max=200, phone=1, small=False)
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.take_back(phone=0, pick=0)
    week.use_numbered(order=order, phone=0, serial="S2")


def edited_while_it_was_given_back_in_vain(week: Finders) -> None:
    """A job that its person gave back and still has tells them what was changed meanwhile."""
    order = week.new_job(both=False, who=ANN)
    for phone in (0, 2):
        week.sync(faults=[], ops_max=200, phone=phone, small=False)
    for verb in ("accept", "depart", "arrive"):
        week.step(order=order, phone=2, verb=verb)
    week.sync(faults=[], ops_max=200, phone=2, small=False)
    week.office_edits_the_job(order=order, value="urgent")
    week.step(order=order, phone=0, verb="decline")
    week.phone_dies_while_syncing(after=10, phone=0, small=True)
    week.sync(faults=[], ops_max=200, phone=0, small=False)


def edited_after_it_was_given_back(week: Whole) -> None:
    """What is changed on a job that its person gave back is not learnt without a word."""
    order = week.new_job(both=True, who=BOB)
    week.sync(faults=[], ops_max=200, phone=2, small=False)
    week.office_edits_the_job(order=order, value="urgent")
    week.sync(faults=[], ops_max=200, phone=2, small=False)
    week.office_edits_the_job(order=order, value="low")
    week.step(order=order, phone=2, verb="decline")
    week.phone_only_reads(faults=[], phone=2)


def the_last_of_a_push_waited_behind_what_was_refused(week: Company) -> None:
    """A server that was put back lacks a job; the last that was done on it comes with a fact."""
    order = week.whole_visit(phone=0, signs=0, waits=False)
    week.server_is_backed_up()
    week.act_from_the_future(order=order, phone=0)
    week.edit(order=order, phone=0, value="444")
    week.whole_visit(phone=0, signs=0, waits=False)
    week.server_is_restored_from_its_backup(silently=False)
    week.sync(faults=[], ops_max=2, phone=0, small=False)


def the_last_of_a_push_waited_behind_what_it_settled(week: Whole) -> None:
    """A server that was put back lacks a job; the end of work on it comes behind what waits."""
    week.server_is_backed_up()
    week.one_comes_to_nothing(phone=2, said=3, more=False)
    week.server_knows_them_again()
    week.server_is_restored_from_its_backup(silently=False)
    week.sync(faults=[], ops_max=2, phone=2, small=True)


def edited_before_the_server_knew_an_older_giving(week: Whole) -> None:
    """A server that was put back has a job as it was given first, and before it was changed."""
    order = week.new_job(both=True, who=BOB)
    week.server_is_backed_up()
    week.reassign(order=order, who=BOB)
    week.reassign(order=order, who=ANN)
    week.office_edits_the_job(order=order, value="low")
    week.sync(faults=["cut request"], ops_max=2, phone=2, small=False)
    week.server_is_restored_from_its_backup(silently=True)
    week.new_job(both=True, who=BOB)
    week.sync(faults=[], ops_max=200, phone=2, small=False)


def a_job_begun_there_was_declined_after_the_site_was_changed(week: Whole) -> None:
    """What was changed by right of a job that was begun here stands when that is given back."""
    order = week.whole_visit(phone=1, waits=True, signs=1)
    begun = week.find_something(phone=1, order=order, works=False)
    week.edit(phone=1, order=begun, value="444")
    week.step(phone=1, order=begun, verb="decline")


def started_again_and_heard_of_while_it_waited(week: Whole) -> None:
    """What a phone lays over the office's rows is the same whatever it hears of the time."""
    week.phone_is_started_again(phone=1)
    week.whole_visit(phone=1, waits=True, signs=0)
    week.phone_dies_while_syncing(after=13, phone=1, small=True)


def done_on_a_stub_after_what_waited_with_it(week: Promised) -> None:
    """The last that is done on a job that came to nothing comes alone, behind what it settles."""
    week.server_knows_no_beginnings()
    week.server_is_backed_up()
    order = str(week.one_comes_to_nothing(phone=0, said=1, more=False))
    lost: dict[str, Any] = {"verb": "decline", "after": 9, "around": False}
    week.office_goes_on_while_an_answer_is_lost(phone=2, order=order, **lost)
    week.step(phone=2, order=order, verb="see")
    week.technician_calls(phone=2, order=order, reached=True, hours=30)
    week.server_is_restored_from_its_backup(silently=True)
    faults = ["cut request", "twice", "cut request", "twice", "late", "shut out"]
    week.sync(phone=0, ops_max=200, small=True, faults=faults)
    week.phone_dies_while_syncing(phone=0, after=10, small=True)
    week.files_go(phone=2, order=order, faults=["falls"], after=0)
    week.server_is_put_back_and_goes_on(phone=2, order=order)


def told_before_news_of_the_ticket(week: Promised) -> None:
    """A message that a technician has told stays told when other news of its ticket comes."""
    week.new_job(both=False, who=ANN)
    week.message_is_queued(pick=0, template="other")
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.technician_tells(phone=0, pick=0, how="sent")
    week.desk(pick=0, what="informs")
    week.phone_only_reads(phone=0, faults=[])


def planned_after_the_date_they_chose(week: Promised) -> None:
    """A visit that is planned once the customer's own date has passed undoes nothing."""
    order = str(week.new_job(both=False, who=ANN))
    week.desk_waits(pick=0, reason="customer_date", hours=4)
    week.time_passes(minutes=700)
    week.visit_is_planned(order=order, who=ANN, hours=10)


def agreed_by_the_office_before_it_heard_of_the_call(week: Promised) -> None:
    """What a technician agreed on earlier, and without a network, replaces nothing."""
    order = str(week.new_job(both=False, who=ANN))
    week.office_goes_on_while_a_phone_is_away(phone=0, order=order, minutes=200)


def left_at_the_door_without_having_begun(week: Promised) -> None:
    """A start that waits may be mended into a note; a visit to nobody ends all the same."""
    order = str(week.new_job(both=False, who=ANN))
    week.sync(phone=0, ops_max=200, small=False, faults=[])
    for verb in ("accept", "depart", "arrive"):
        week.step(0, order, verb)
    said = {"outcome": "customer_not_in", "diagnosis": "nobody there"}
    week.tap(0, "work_order.complete", ("work_order", order), said)
    week.sync(phone=0, ops_max=200, small=False, faults=[])


def told_by_the_office_after_a_technician_had(week: Promised) -> None:
    """The clocks go by who told it first, though the office heard of that last."""
    order = str(week.new_job(both=False, who=ANN))
    week.office_tells_while_a_phone_is_away(phone=0, order=order, how="sent")


def put_back_in_silence_to_before_what_was_only_read(week: Promised) -> None:
    """Streams came to the same places by another way: it is put right when they change next."""
    order = str(week.new_job(both=True, who=BOB))
    week.phone_dies_while_syncing(phone=0, after=11, small=True)
    before: dict[str, Any] = {"silently": True, "asks": False}
    week.server_is_put_back_to_before_files_came(phone=1, order=order, **before)
    week.new_job(both=False, who=ANN)
    week.sync(phone=0, ops_max=200, small=False, faults=["late", "late", "shut out", "twice"])
    week.server_is_restored_from_its_backup(silently=True)
    week.new_job(both=True, who=BOB)
    week.world.sync(week.phones[0])
    week.new_job(both=True, who=ANN)


def photographed_on_a_job_that_a_restored_office_forgot(week: Promised) -> None:
    """A phone that lets go of what the office forgot knows of no ticket all that there is."""
    week.server_is_backed_up()
    order = str(week.site_is_merged_while_a_phone_is_away(phone=0, waits=False))
    week.files_go(phone=0, order=order, faults=["gone"], after=0)
    week.server_is_restored_from_its_backup(silently=False)


def heard_before_news_of_the_ticket(week: Promised) -> None:
    """A complaint that was taken down on the spot stays when other news of its ticket comes."""
    order = str(week.new_job(both=False, who=ANN))
    week.sync(faults=[], ops_max=200, phone=0, small=False)
    week.technician_hears_a_complaint(phone=0, order=order, kind="complaint")
    week.desk(pick=0, what="informs")
    week.phone_only_reads(phone=0, faults=[])


def edited_before_it_was_heard_that_it_was_given_back(week: Promised) -> None:
    """What is changed on a job that its person has given back waits, also where rows come first."""
    order = str(week.new_job(both=True, who=BOB))
    week.whole_visit(phone=1, waits=True, signs=1)
    week.step(phone=1, order=order, verb="decline")
    week.office_edits_the_job(order=order, value="low")
    week.sync(phone=1, ops_max=2, small=True, faults=["cut reply", "late", "shut out"])


@pytest.mark.parametrize(
    "live",
    [
        edited_before_it_was_heard_that_it_was_given_back,
        heard_before_news_of_the_ticket,
        left_at_the_door_without_having_begun,
        put_back_in_silence_to_before_what_was_only_read,
        told_by_the_office_after_a_technician_had,
        agreed_by_the_office_before_it_heard_of_the_call,
        photographed_on_a_job_that_a_restored_office_forgot,
        planned_after_the_date_they_chose,
        told_before_news_of_the_ticket,
        done_on_a_stub_after_what_waited_with_it,
        started_again_and_heard_of_while_it_waited,
        a_job_begun_there_was_declined_after_the_site_was_changed,
        edited_before_the_server_knew_an_older_giving,
        the_last_of_a_push_waited_behind_what_it_settled,
        the_last_of_a_push_waited_behind_what_was_refused,
        edited_while_it_was_given_back_in_vain,
        edited_after_it_was_given_back,
        taken_back_and_used_from_another_van_at_once,
        behind_what_waited_for_a_beginning,
        changed_twice_before_a_server_that_knows_no_changes,
        accepted_before_it_was_given_away_and_back,
        declined_before_it_was_given_again,
        the_site_was_changed_by_right_of_a_job_begun_there,
        begun_while_the_answer_was_lost,
        taken_away_beside_one_that_waits,
        signed_after_its_customer_had_left,
        given_to_another_while_it_was_done,
        restored_while_a_part_was_pending,
        taken_away_and_given_back,
        edited_while_called_off,
        opened_again_before_it_had_left,
    ],
)
def test_a_week_that_once_went_wrong_goes_right(live: Callable[[Promised], None]) -> None:
    """C18."""
    week = Promised()
    week.begin()
    live(week)
    for check in CHECKS:
        getattr(week, check)()
    week.teardown()


def test_a_job_that_was_taken_away_while_all_was_loaded_anew_leaves_the_phone() -> None:
    """C18. A server of a new epoch was half read: it knows not what is here, and says but once that
    it is gone, while something was still unsent on it (seed 400279).
    """
    torn = ["cut request", "no reply", "no reply", "ok", "twice", "cut request"]
    said: list[tuple[str, dict[str, Any]]] = [
        ("new_job", {"both": True, "who": BOB}),
        ("find_something", {"phone": 1, "order": 357, "works": True}),
        ("new_job", {"both": False, "who": ANN}),
        ("sync", {"phone": 0, "ops_max": 1, "small": True, "faults": torn}),
        ("use_numbered", {"phone": 0, "order": 513, "serial": "S2"}),
        ("all_comes_anew_over_a_bad_line", {"phone": 0, "order": 604, "trips": 1}),
        ("reassign", {"order": 247, "who": BOB}),
        ("sync", {"phone": 0, "ops_max": 1, "small": False, "faults": []}),
    ]
    lacks = frozenset({"work_order.accept", "edit", "parts.use"})
    live(Week(lacks=lacks, happenings=tuple(said)))
