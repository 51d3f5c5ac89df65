"""The demo company as it was before something that a test wants to see from its beginning on."""

from shared.calendars import COMPANY
from tests.console.house import Console

SAID = (
    "DELETE FROM feedback",
    "DELETE FROM clock WHERE about <> ''",
    "DELETE FROM task WHERE code IN ('low_score', 'not_solved', 'serious_complaint')",
)
# Hours without their team are given one by a server that starts, however late it comes to that.
ARRANGED = (
    "UPDATE person SET team_id = NULL",
    f"DELETE FROM working_calendar WHERE id <> '{COMPANY}'",
    "DELETE FROM team",
    "DELETE FROM outlet",
)


def before_anything_was_said(console: Console) -> None:
    """No customer has said anything yet."""
    _undone(console, SAID)


def before_teams(console: Console) -> None:
    """Nobody is in a team, and there are no outlets."""
    _undone(console, ARRANGED)


def _undone(console: Console, statements: tuple[str, ...]) -> None:
    with console.office.writing() as books:
        for one in statements:
            books.exec_driver_sql(one)
