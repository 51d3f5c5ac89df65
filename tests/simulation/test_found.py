"""Weeks in which the simulation once found a fault, lived through again step by step."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation.begun import Finders
from tests.simulation.test_state_machine import Company
from tests.simulation.upgrades import without
from tests.simulation.weeks import CHECKS
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


@pytest.mark.parametrize(
    "live",
    [
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
def test_a_week_that_once_went_wrong_goes_right(live: Callable[[Whole], None]) -> None:
    """C18."""
    week = Whole()
    week.begin()
    live(week)
    for check in CHECKS:
        getattr(week, check)()
    week.teardown()
