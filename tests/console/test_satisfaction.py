"""What customers scored and complained of is told in figures, which lead to their words."""

import csv
import io

import pytest

from server import presets
from tests.console.beginnings import before_anything_was_said
from tests.console.house import HOUR_MS, Console
from tests.console.test_feedback import step, written
from tests.console.test_score import resolved

PAGE = "/figures/satisfaction"


@pytest.fixture
def house(new_console: Console) -> Console:
    """A console of one's own, whose requests are under the recommended policy; nobody said
    anything yet.
    """
    presets.publish(new_console.office, "test", chosen="p-default", since="2026-01-01")
    before_anything_was_said(new_console)
    return new_console


def scored(house: Console, *scores: str) -> None:
    for place, score in enumerate(scores):
        number, _, _ = resolved(house, f"Problem {place}")
        written(house, number, kind="score", score=score, text=f"Said {score}", speed=score)


def test_scores_are_told_with_mean_spread_and_share_and_lead_to_their_words(
    house: Console,
) -> None:
    """R-SAT-24, R-SAT-25."""
    scored(house, "5", "4", "2")
    page = house.visitor("service_manager").get(PAGE)
    assert ("3.67" in page.text, "66.66 %" in page.text) == (True, True)
    (link,) = [one for one in page.page.links() if "score=2" in one]
    said = house.visitor("service_manager").get(link).text
    assert ("Said 2" in said, "Said 5" in said) == (True, False)


def test_what_was_ticked_at_the_door_is_in_none_of_the_figures(house: Console) -> None:
    ((door,),) = house.ask("SELECT count(*) FROM sign_off WHERE rating IS NOT NULL")
    page = house.visitor("service_manager").get(f"{PAGE}?first=2026-10&last=2026-11").text
    assert door > 0
    assert "Mean score –" in page
    assert "At the door, while the technician stood by:" in page


def test_how_many_answered_is_told_of_the_requests_that_are_done(house: Console) -> None:
    ((before,),) = house.ask("SELECT count(*) FROM ticket WHERE status IN ('resolved', 'closed')")
    scored(house, "5")
    resolved(house, "Nobody scored this")
    page = house.visitor("service_manager").get(f"{PAGE}?first=2026-10&last=2026-11").text
    assert f"1 of {before + 2}" in page


def test_complaints_are_in_time_or_not_and_lead_to_those_that_were_not(house: Console) -> None:
    number, _, _ = resolved(house)
    late = written(house, number, text="Called too late", type="delay")
    house.now_ms += 2 * HOUR_MS
    step(house, late, "contact", means="phone", reached="yes")
    prompt = written(house, number, text="Called at once", type="fee")
    step(house, prompt, "contact", means="phone", reached="yes")
    page = house.visitor("service_manager").get(PAGE)
    (link,) = [
        one
        for one in page.page.links()
        if "node=complaint_contact" in one and "verdict=missed" in one
    ]
    said = house.visitor("service_manager").get(link).text
    assert ("Called too late" in said, "Called at once" in said) == (True, False)
    assert "Late, or nobody came 1" in page.text


def test_all_that_was_said_goes_into_a_spreadsheet(house: Console) -> None:
    scored(house, "4")
    number, _, _ = resolved(house, "Another")
    written(house, number, text="=1+1")
    answer = house.visitor("service_manager").client.get(f"{PAGE}/export?kind=csv")
    told = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[2] for row in told[1:]] == ["Complaint", "Score"]
    assert [row[3] for row in told[1:]] == ["", "4"]
    assert "'=1+1" in told[1]
    sheet = house.visitor("service_manager").client.get(f"{PAGE}/export?kind=xlsx")
    assert sheet.content.startswith(b"PK")


@pytest.mark.parametrize(
    "wrong",
    [
        *("?first=2026-13", "?first=2026-02&last=2026-01", "?first=2020-01&last=2026-01"),
        *("/said?verdict=x", "/export?kind=pdf"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(console: Console, wrong: str) -> None:
    assert console.visitor("service_manager").get(f"{PAGE}{wrong}").status == 400


def test_figures_are_for_those_who_lead(console: Console) -> None:
    for role, status in (("inspector", 200), ("customer_service", 403), ("technician", 403)):
        assert console.visitor(role).get(PAGE).status == status, role
