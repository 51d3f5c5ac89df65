"""Files that come whole in one request: written down once, found again, and never too many."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import update

from server import bringing, uploads
from server.api.pacing import FILE_THREADS
from server.bringing import Laid
from server.custody import FILES_PER_DAY_MAX, Wish
from server.database import Busy, is_sqlite
from server.parts import label
from server.problems import Problem
from server.sessions import pass_in
from server.settings import Limits
from server.tables import METADATA
from server.uploads import Upload
from tests.server.rim.company import Company, asked_of, written_to
from tests.server.rim.lane import Lane, jpeg, metadata, sha256
from tests.server.rim.test_uploads import code, fill, largest_file, parts_in, stored, uploads_of

SEEDS = iter(range(10_000, 11_000))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One server for most of them: every test has phones and pictures of its own."""
    limits = Limits(enrolments_per_address=1_000)
    made = Company(tmp_path_factory.mktemp("whole") / "data", limits=limits)
    with made.client:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Company]:
    """A server of one's own, for a test that does it harm."""
    made = Company(tmp_path / "data")
    with made.client:
        yield made


@pytest.fixture
def lane(company: Company) -> Lane:
    """The media lane of a technician's new phone."""
    return Lane(company)


def picture() -> bytes:
    """One that no other test has."""
    return jpeg(next(SEEDS))


def known(lane: Lane) -> Lane:
    """A phone of which the books said a moment ago how much it may bring."""
    assert lane.upload(picture()).status_code == 201
    return lane


def asks_again(lane: Lane, data: bytes) -> Any:
    """What a phone asks that never heard an answer about a file."""
    named = metadata(sha256=sha256(data))["Upload-Metadata"]
    return lane.post(len(data), headers={"Upload-Metadata": f"{named},resume"})


def test_a_whole_file_is_written_down_once_and_in_few_words(alone: Company) -> None:
    lane, data = known(Lane(alone)), picture()
    asked, written = asked_of(alone.office), written_to(alone.office)
    lane.upload(data)
    assert [one for one in asked if one not in written] == []
    wrote = [one.split()[0] for one in written if one[:6] not in ("PRAGMA", "BEGIN ")]
    # Who brings it, its quota, the upload, the file; PostgreSQL is told the last two at once.
    last = ["INSERT"] * 2 if is_embedded(alone) else ["WITH"]
    assert wrote == ["SELECT", "INSERT", *last]


def test_what_a_phone_brought_and_is_named_is_not_gone_through_each_time(alone: Company) -> None:
    lane = known(Lane(alone))
    written = written_to(alone.office)
    lane.upload(picture())
    (counted,) = (one for one in written if "throttle" in one)
    with alone.office.reading() as books:
        if not is_sqlite(books):
            pytest.skip("PostgreSQL chooses its ways by how much there is")
        values = (None,) * counted.count("?")
        plan = books.exec_driver_sql(f"EXPLAIN QUERY PLAN {counted}", values).all()
    by_device = [row[-1] for row in plan if row[-1].endswith("(device_id=?)")]
    assert len(by_device) >= 2, plan  # those that are not done, and those that are not named
    assert all("ix_upload_unnamed" in one for one in by_device), plan


def test_a_whole_file_that_a_server_left_when_it_died_is_found_by_who_brought_it(
    company: Company, lane: Lane
) -> None:
    for is_stored in (False, True):
        data = picture()
        part = f"{company.new_id()}-{label(str(lane.phone.device), sha256(data))}"
        company.office.parts.append(part, 0, [data])
        if is_stored:
            company.office.evidence.put(sha256(data), company.office.parts.path(part))
        assert asks_again(Lane(company), data).headers["Upload-Offset"] == "0"
        assert asks_again(lane, picture()).headers["Upload-Offset"] == "0"
        answer = asks_again(lane, data)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(data)))
        assert stored(company, data)
        assert all(row.done_at for row in uploads_of(lane) if row.sha256 == sha256(data))
        assert part not in parts_in(company)


def test_what_a_server_had_of_a_file_when_it_died_is_gone_on_with(
    company: Company, lane: Lane
) -> None:
    data = picture()
    part = f"{company.new_id()}-{label(str(lane.phone.device), sha256(data))}"
    company.office.parts.append(part, 0, [data[:70]])
    answer = asks_again(lane, data)
    assert answer.headers["Upload-Offset"] == "70"
    assert lane.patch(answer.headers["Location"], 70, data[70:]).status_code == 204
    assert stored(company, data)


def test_a_whole_file_that_cannot_be_stored_waits_for_the_phone_to_ask(alone: Company) -> None:
    lane, data = known(Lane(alone)), picture()
    folder, aside = alone.settings.data / "evidence", alone.settings.data / "aside"
    folder.rename(aside)
    folder.write_text("in the way")
    assert code(lane.upload(data)) == (503, "busy")
    folder.unlink()
    aside.rename(folder)
    assert asks_again(lane, data).headers["Upload-Offset"] == str(len(data))
    assert stored(alone, data)
    assert parts_in(alone) == set()


def test_a_whole_file_that_finds_no_room_leaves_nothing(alone: Company) -> None:
    lane, data = known(Lane(alone)), b"x" * 200_000
    with largest_file(100_000):
        assert code(lane.upload(data)) == (507, "no_room")
    assert parts_in(alone) == set()
    assert lane.upload(data).status_code == 201


def test_what_another_process_let_a_phone_use_up_is_not_brought_twice(
    company: Company, lane: Lane
) -> None:
    data = picture()
    fill(known(lane), 500 * (FILES_PER_DAY_MAX - 1))
    before = parts_in(company)
    assert code(lane.upload(data)) == (429, "enough_today")
    assert not company.office.evidence.has(sha256(data))
    assert len(uploads_of(lane)) == 1
    assert parts_in(company) == before


def test_what_somebody_else_brought_stays_when_a_phone_may_bring_no_more(
    company: Company, lane: Lane
) -> None:
    data = picture()
    Lane(company).upload(data)
    fill(known(lane), 500 * (FILES_PER_DAY_MAX - 1))
    assert code(lane.upload(data)) == (429, "enough_today")
    assert stored(company, data)


def test_a_whole_file_that_was_begun_before_is_brought_once(company: Company, lane: Lane) -> None:
    data = picture()
    place = known(lane).begin(len(data), sha256=sha256(data))
    lane.patch(place, 0, data[:100])
    assert lane.upload(data).headers["Upload-Offset"] == str(len(data))
    assert lane.upload(data).headers["Upload-Offset"] == str(len(data))
    done = [row for row in uploads_of(lane) if row.sha256 == sha256(data) and row.done_at]
    assert len(done) == 1
    assert stored(company, data)


def test_a_phone_that_was_shut_out_a_moment_ago_leaves_nothing(
    company: Company, lane: Lane
) -> None:
    """Who brings a file is asked where it is taken, and no earlier."""
    data = picture()
    device = METADATA.tables["device"]
    mine = device.c.id == known(lane).phone.device
    with company.office.writing() as books:
        books.execute(update(device).where(mine).values(revoked_at=1, drain_closed_at=1))
    before = parts_in(company)
    assert code(lane.upload(data)) == (401, "device_revoked")
    assert not company.office.evidence.has(sha256(data))
    assert len(uploads_of(lane)) == 1
    assert parts_in(company) == before


def is_embedded(company: Company) -> bool:
    with company.office.reading() as books:
        return is_sqlite(books)


def laid(lane: Lane, data: bytes) -> Laid:
    """A whole file of a phone that lies in the store, and is not written down."""
    office = lane.company.office
    token = lane.headers["Authorization"].removeprefix("Bearer ")
    shown = pass_in(office.keys.session, token, office.now_ms())
    assert shown is not None
    found = bringing.lay(office, shown, (Wish(size=len(data), sha256=sha256(data)), [data]), None)
    assert found is not None
    return found


def test_files_that_come_at_the_same_time_are_written_down_by_one_transaction(
    alone: Company,
) -> None:
    lanes, files = [known(Lane(alone)) for _ in range(3)], [picture() for _ in range(3)]
    waiting = [laid(lane, data) for lane, data in zip(lanes, files, strict=True)]
    written = written_to(alone.office)
    told = bringing.enter(alone.office, waiting)
    said = [one.split()[0] for one in written if one[:6] != "PRAGMA"]
    if is_embedded(alone):  # who bring them, each one's quota, the uploads, the files
        assert said == ["BEGIN", "SELECT", *["INSERT"] * 5]
    else:  # the same, as many words for each number of them
        assert said == ["SELECT", "INSERT", "SELECT", "WITH"]
    for lane, data, one in zip(lanes, files, told, strict=True):
        assert isinstance(one, Upload)
        assert (one.device_id, one.sha256) == (lane.phone.device, sha256(data))
        assert asks_again(lane, data).headers["Upload-Offset"] == str(len(data))
        assert stored(alone, data)
    assert parts_in(alone) == set()


def test_one_that_may_not_bring_its_file_keeps_no_other_from_bringing_theirs(
    alone: Company,
) -> None:
    lanes, files = [known(Lane(alone)) for _ in range(4)], [picture() for _ in range(4)]
    waiting = [laid(lane, data) for lane, data in zip(lanes, files, strict=True)]
    device = METADATA.tables["device"]
    shut_out = device.c.id == lanes[1].phone.device
    with alone.office.writing() as books:
        books.execute(update(device).where(shut_out).values(revoked_at=1, drain_closed_at=1))
    fill(lanes[2], 500 * (FILES_PER_DAY_MAX - 1))
    first, gone, full, last = bringing.enter(alone.office, waiting)
    assert isinstance(first, Upload)
    assert isinstance(last, Upload)
    assert isinstance(gone, Problem)
    assert gone.code == "device_revoked"
    assert full is None  # it is begun, by which its phone is told for how long to wait
    assert code(lanes[2].upload(files[2])) == (429, "enough_today")
    assert [stored(alone, data) for data in files] == [True, False, False, True]
    assert [len(uploads_of(lane)) for lane in lanes] == [2, 1, 1, 2]
    assert parts_in(alone) == set()


def test_the_same_file_of_two_phones_at_the_same_time_is_kept_once_and_is_done_for_both(
    alone: Company,
) -> None:
    lanes, data = [known(Lane(alone)) for _ in range(2)], picture()
    told = bringing.enter(alone.office, [laid(lane, data) for lane in lanes])
    assert [type(one) for one in told] == [Upload, Upload]
    for lane in lanes:
        assert asks_again(lane, data).headers["Upload-Offset"] == str(len(data))
    assert stored(alone, data)


def test_where_the_books_cannot_be_written_the_files_wait_for_their_phones_to_ask(
    alone: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes, files = [known(Lane(alone)) for _ in range(2)], [picture() for _ in range(2)]
    waiting = [laid(lane, data) for lane, data in zip(lanes, files, strict=True)]
    with monkeypatch.context() as broken:
        broken.setattr(uploads, "bring", fails)
        with pytest.raises(Busy):
            bringing.enter(alone.office, waiting)
    for lane, data in zip(lanes, files, strict=True):
        assert asks_again(lane, data).headers["Upload-Offset"] == str(len(data))
        assert stored(alone, data)
    assert parts_in(alone) == set()


def fails(*_given: Any) -> None:
    raise Busy("the disk is slow today")


def test_phones_that_ask_again_for_what_waits_keep_nobody_from_writing_it_down(
    alone: Company,
) -> None:
    """Each waits in a thread of the lane for a file that is to be written down by another one."""
    lanes, files = [known(Lane(alone)) for _ in range(FILE_THREADS)], [jpeg(n) for n in range(3)]
    waiting = [laid(lane, data) for lane, data in zip(lanes, files, strict=True)]
    books = alone.client.app.state["lane"].books
    with ThreadPoolExecutor(FILE_THREADS) as phones, alone.client.portal() as portal:
        asked = [
            phones.submit(asks_again, lane, data) for lane, data in zip(lanes, files, strict=True)
        ]
        done, _ = wait(asked, timeout=0.5)
        assert not done
        for one in waiting:
            assert isinstance(portal.call(books.done, one), Upload)
        told = [one.result(30) for one in asked]
    assert [one.headers["Upload-Offset"] for one in told] == [str(len(data)) for data in files]


def test_a_file_that_two_brought_at_once_stays_though_one_of_them_may_not(alone: Company) -> None:
    lanes, data = [known(Lane(alone)) for _ in range(2)], picture()
    waiting = [structs.replace(laid(lane, data), is_new=True) for lane in lanes]
    device = METADATA.tables["device"]
    with alone.office.writing() as books:
        shut_out = device.c.id == lanes[0].phone.device
        books.execute(update(device).where(shut_out).values(revoked_at=1, drain_closed_at=1))
    (refused,) = bringing.enter(alone.office, waiting[:1])
    assert isinstance(refused, Problem)
    (done,) = bringing.enter(alone.office, waiting[1:])
    assert isinstance(done, Upload)
    assert stored(alone, data)
    assert parts_in(alone) == set()


def test_one_file_that_was_let_go_of_this_moment_keeps_no_other_from_being_done(
    alone: Company,
) -> None:
    lanes, files = [known(Lane(alone)) for _ in range(2)], [picture() for _ in range(2)]
    waiting = [laid(lane, data) for lane, data in zip(lanes, files, strict=True)]
    waiting[0] = structs.replace(waiting[0], is_new=False)
    alone.office.evidence.remove(sha256(files[0]))
    gone, done = bringing.enter(alone.office, waiting)
    assert isinstance(gone, Busy)
    assert isinstance(done, Upload)
    assert asks_again(lanes[0], files[0]).headers["Upload-Offset"] == str(len(files[0]))
    assert [stored(alone, data) for data in files] == [True, True]
