"""Every status of a ticket has a stage that customers understand, and no other."""

import pytest

from shared.stages import STAGES, happened_in, stage_of
from shared.ticket import STATUSES
from tests.shared.company import NOW
from tests.shared.test_casework import line


@pytest.mark.parametrize(
    ("status", "events", "stage"),
    [
        ("new", (), "waiting_assignment"),
        ("planned", (), "waiting_assignment"),
        ("planned", ("assigned",), "in_progress"),
        ("in_progress", ("assigned", "arrived"), "in_progress"),
        ("resolved", ("resolved",), "waiting_callback"),
        ("resolved", ("resolved", "called_back"), "completed"),
        ("resolved", ("resolved", "called_back", "resolved"), "waiting_callback"),
        ("closed", ("resolved", "closed"), "archived"),
        ("withdrawn", (), "withdrawn"),
        ("refused", (), "out_of_scope"),
    ],
)
def test_a_stage_follows_from_status_and_story(
    status: str, events: tuple[str, ...], stage: str
) -> None:
    """R-COM-03."""
    assert stage_of(status, events) == stage


def test_there_is_a_stage_for_every_status_and_a_status_for_every_stage() -> None:
    called = stage_of("resolved", ("called_back",))
    assert {called, *(stage_of(one, ("assigned",)) for one in STATUSES)} == set(STAGES)


def test_a_story_is_read_in_the_order_in_which_it_happened() -> None:
    story = [line(NOW + 1, events=("resolved",)), line(NOW, events=("assigned", "departed"))]
    assert happened_in(story) == ["assigned", "departed", "resolved"]
