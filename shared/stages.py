"""Stages: how a request stands in the words that customers are told (R-COM-03, C-28)."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.ticket import TicketEvent

STAGES: Final = (
    *("waiting_assignment", "in_progress", "waiting_callback", "completed", "archived"),
    *("withdrawn", "out_of_scope"),
)
_OF_STATUS: Final[Mapping[str, str]] = {
    "new": "waiting_assignment",
    "planned": "in_progress",
    "in_progress": "in_progress",
    "resolved": "waiting_callback",
    "closed": "archived",
    "withdrawn": "withdrawn",
    "refused": "out_of_scope",
}


def stage_of(status: str, events: Iterable[str]) -> str:
    """The stage of a ticket of this status, with all that happened to it so far, in order."""
    told = list(events)
    if status == "planned" and "assigned" not in told:
        return "waiting_assignment"
    if status == "resolved" and "called_back" in told[_last(told, "resolved") :]:
        return "completed"
    return _OF_STATUS[status]


def happened_in(story: Iterable[TicketEvent]) -> list[str]:
    """What the lines of a story say that happened, in order."""
    return [one for line in sorted(story, key=lambda line: line.at) for one in line.events]


def _last(told: list[str], event: str) -> int:
    places = [place for place, one in enumerate(told) if one == event]
    return places[-1] if places else 0
