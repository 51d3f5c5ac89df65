"""Milestones: what the acts on a job mean to the clocks of its ticket."""

from typing import Final

from msgspec import structs

from shared.calendars import COMPANY
from shared.people import Person
from shared.ticket import ALL, Step
from shared.visit import OUTCOMES

GIVEN: Final = Step(events=("assigned",))  # R-SLA-07
DEPARTED: Final = Step(events=("departed",))
ARRIVED: Final = Step(events=("arrived",), resume=ALL)  # R-SLA-03, R-SLA-08
PROPOSED: Final = Step(events=("proposed",))  # R-SLA-12
RESOLVED: Final = Step(events=("resolved",))
SIGNED: Final = Step(events=("signed",))
SUPPLIED: Final = Step(resume="parts")
# What a visit that did not end the job leaves the customer, or us, waiting for.
WAITS_FOR: Final = {
    "customer_not_in": "customer_absent",
    "customer_moved_date": "customer_date",
    "waits_for_part": "parts",
}


def given(person: Person) -> Step:
    """Somebody is to do it, so that it is with their team from then on."""
    return structs.replace(GIVEN, team=person.team_id or COMPANY)


def ended(outcome: str, *, is_diagnosed: bool) -> Step:
    """The end of a visit: something was found, all is done, or something is waited for."""
    ends = OUTCOMES[outcome]
    found = ("diagnosed",) if is_diagnosed or ends else ()
    return Step(
        events=(*found, *(("proposed", "resolved") if ends else ())),
        pause=WAITS_FOR.get(outcome, ""),
    )


def settled(status: str) -> Step:
    """A job that is put into a status by hand."""
    return RESOLVED if status == "done" else Step()


def planned(local: str) -> Step:
    """A visit that is planned: a date that was the customer's own choice is waited for until it."""
    return Step(until=local)


def moved(local: str, fault: str) -> Step:
    """A visit that is given another time; at the customer's wish the clocks rest until then."""
    return Step(pause="customer_date" if fault == "customer" else "", until=local)
