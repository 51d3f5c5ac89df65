"""Ready to go offline: a job says what of it is not on this phone, and never that all is here."""

import pytest
from msgspec import structs

from mobile import evidence
from mobile.queries import Gap
from mobile.queries.ready import STALE_MS
from mobile.texts import Words
from mobile.views.job_card import job_card
from mobile.views.ready import ready
from shared.clock import SKEW_TOLERATED_MS
from tests.mobile.phones import Phone
from tests.world import ASSET, CHECKLIST, CUSTOMER, FILTER, SITE

EN, ZH = Words("en"), Words("zh")
PLENTY = 10**10
ROWS: dict[Gap, tuple[str, str | None]] = {
    "problem": ("ticket", None),
    "customer": ("customer", CUSTOMER),
    "site": ("site", SITE),
    "machine": ("asset", ASSET),
    "checklist": ("checklist", CHECKLIST),
}


def gaps(phone: Phone) -> tuple[Gap, ...]:
    (job,) = phone.queries.jobs()
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert sheet.job.gaps == job.gaps
    return job.gaps


def lose(phone: Phone, statement: str, *values: str) -> None:
    with phone.replica.transaction():
        assert phone.connection.execute(statement, values).rowcount > 0


def heard(phone: Phone) -> int:
    seen = phone.replica.identity().sighting
    assert seen is not None
    return seen.received


def test_a_job_that_is_all_here_lacks_nothing(phone: Phone) -> None:
    assert gaps(phone) == ()
    assert phone.queries.unready(PLENTY, heard(phone)) == ()


@pytest.mark.parametrize("gap", sorted(ROWS))
def test_a_row_that_is_not_here_is_named(phone: Phone, gap: Gap) -> None:
    table, identity = ROWS[gap]
    if identity is None:
        lose(phone, "DELETE FROM row WHERE tbl = ?", table)
    else:
        lose(phone, "DELETE FROM row WHERE tbl = ? AND id = ?", table, identity)
    assert gaps(phone) == (gap,)


def test_a_planned_part_of_which_nothing_is_known_is_named(phone: Phone) -> None:
    plan = {"part": FILTER, "quantity": "1"}
    phone.world.must(phone.world.office("parts.plan", phone.on, plan))
    phone.sync()
    assert gaps(phone) == ()
    lose(phone, "DELETE FROM row WHERE tbl = 'part' AND id = ?", FILTER)
    assert gaps(phone) == ("parts",)


@pytest.mark.parametrize(
    ("stream", "gap"), [("wo:", "job"), ("site:", "site"), ("catalog", "lists")]
)
def test_what_is_being_read_anew_is_not_called_whole(phone: Phone, stream: str, gap: Gap) -> None:
    lose(phone, "UPDATE mark SET cursor = 0 WHERE stream LIKE ? || '%'", stream)
    assert gaps(phone) == (gap,)
    phone.sync()
    assert gaps(phone) == ()


def test_a_phone_without_its_lists_at_all_says_so(phone: Phone) -> None:
    lose(phone, "DELETE FROM mark WHERE stream = ?", "catalog")
    assert gaps(phone) == ("lists",)


def test_a_phone_says_that_its_clock_news_and_room_are_wanting(phone: Phone) -> None:
    now = heard(phone)
    assert phone.queries.unready(PLENTY, now + STALE_MS + 1) == ("news",)
    assert phone.queries.unready(evidence.LOW_BYTES - 1, now) == ("room",)
    identity = phone.replica.identity()
    assert identity.sighting is not None
    wrong = identity.sighting.wall + 2 * SKEW_TOLERATED_MS
    seen = structs.replace(identity.sighting, wall=wrong)
    with phone.replica.transaction():
        phone.replica.identify(structs.replace(identity, sighting=seen))
    assert phone.queries.unready(PLENTY, now) == ("clock",)
    with phone.replica.transaction():
        phone.replica.identify(structs.replace(identity, sighting=None))
    assert phone.queries.unready(PLENTY, now) == ("clock", "news")


def test_the_job_tells_in_words_before_somebody_leaves_for_it(phone: Phone) -> None:
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    told = ready(sheet, (), EN)
    assert told is not None
    assert (told.is_ready, told.text[:20]) == (True, "Ready to go offline:")
    bare = structs.replace(sheet, job=structs.replace(sheet.job, gaps=("machine",)))
    wanting = ready(bare, ("room",), EN)
    assert wanting is not None
    assert not wanting.is_ready
    assert wanting.text.splitlines()[1:] == [
        "· The machine",
        "· Room for photos: free some space on the phone",
    ]
    there = structs.replace(sheet, order=structs.replace(sheet.order, status="working"))
    assert ready(there, ("room",), EN) is None


def test_only_the_card_of_a_coming_day_is_marked(phone: Phone) -> None:
    (job,) = phone.queries.jobs()
    bare = structs.replace(job, gaps=("machine", "checklist"))
    before, on_the_day = "2026-11-22T18:00", "2026-11-23T08:00"
    assert job_card(bare, EN, before).note == "Not here yet: machine, checklist"
    assert job_card(bare, ZH, before).note == "尚未到手机：设备、检查表"
    assert job_card(bare, EN, on_the_day).note == ""
    assert job_card(job, EN, before).note == ""
