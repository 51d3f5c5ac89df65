"""A photo is said first and its bytes come later, or the other way round; only its own count."""

from server import arrivals
from server.uploads import MISMATCHES_MAX
from tests.server.rim.company import Company
from tests.server.rim.lane import Lane, announced, jpeg, metadata, photos, rows_of, sha256
from tests.server.rim.test_round_trip import begun, job


def test_a_photo_has_arrived_once_its_bytes_are_checked(company: Company) -> None:
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.say(lane.photo(order, data))
    announced(company)
    assert photos(company) == {sha256(data): (False, "")}
    assert lane.upload(data).headers["Upload-Offset"] == str(len(data))
    announced(company)
    assert photos(company) == {sha256(data): (True, "")}


def test_a_file_may_come_before_its_op(company: Company) -> None:
    """C45."""
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.upload(data)
    announced(company)
    lane.say(lane.photo(order, data))
    announced(company)
    assert photos(company) == {sha256(data): (True, "")}


def test_a_thumbnail_alone_is_no_arrival(company: Company) -> None:
    lane, order, data, thumb = Lane(company), job(company), jpeg(1), jpeg(2)
    lane.say(lane.photo(order, data, thumb=thumb))
    lane.upload(thumb)
    announced(company)
    assert photos(company) == {sha256(data): (False, "")}
    assert [row.named_at is not None for row in rows_of(company, "upload")] == [True]


def test_an_arrival_is_said_once_and_is_in_the_stream_of_its_job(company: Company) -> None:
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.say(lane.photo(order, data))
    lane.upload(data)
    announced(company)
    announced(company)
    said = [row for row in rows_of(company, "op") if row.kind == "photo.arrive"]
    assert [(row.origin, row.verdict) for row in said] == [("timer", "applied")]
    reply = begun(company, lane.phone)
    (sent,) = (
        row.data
        for page in reply.streams
        if page.stream == f"wo:{order}"
        for row in page.rows
        if row.table == "photo"
    )
    assert b'"arrived_at":' in (sent or b"")


def test_somebody_elses_file_is_no_arrival_and_nobody_is_told_of_it(company: Company) -> None:
    """S7: who knows a hash knows a number: neither the file nor that there is one can be had for
    it.
    """
    theirs, mine, order, data = Lane(company, "partner"), Lane(company), job(company), jpeg(1)
    theirs.upload(data)
    mine.say(mine.photo(order, data))
    announced(company)
    assert photos(company) == {sha256(data): (False, "")}
    assert mine.files(sha256(data)) == ([], [sha256(data)])
    assert mine.post(len(data), **metadata(sha256=sha256(data))).headers["Upload-Offset"] == "0"


def test_another_phone_of_the_same_person_may_bring_it(company: Company) -> None:
    old, new, order, data = Lane(company), Lane(company), job(company), jpeg(1)
    old.say(old.photo(order, data))
    new.upload(data)
    announced(company)
    assert photos(company) == {sha256(data): (True, "")}
    assert old.files(sha256(data)) == ([], [sha256(data)])


def test_a_second_photo_of_the_same_bytes_arrives_with_the_next_look(company: Company) -> None:
    """C45."""
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.say(lane.photo(order, data, slot="plate"))
    lane.upload(data)
    announced(company)
    lane.say(lane.photo(order, data, slot="leak"))
    announced(company)
    arrivals.look_again(company.office, "test")
    assert [row.arrived_at is not None for row in rows_of(company, "photo")] == [True, True]


def test_what_is_no_picture_arrives_as_unreadable(company: Company) -> None:
    lane, order = Lane(company), job(company)
    data = b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"
    lane.say(lane.photo(order, data))
    lane.upload(data)
    announced(company)
    assert photos(company) == {sha256(data): (True, "unreadable")}
    assert lane.files(sha256(data)) == ([sha256(data)], [])


def test_bytes_that_never_agree_set_the_photo_aside(company: Company) -> None:
    lane, order, data, wrong = Lane(company), job(company), jpeg(1), jpeg(2)
    lane.say(lane.photo(order, data))
    named = metadata(sha256=sha256(data))
    codes = [lane.post(len(wrong), wrong, **named).json()["code"] for _ in range(MISMATCHES_MAX)]
    assert codes == ["hash_mismatch", "hash_mismatch", "set_aside"]
    announced(company)
    assert photos(company) == {sha256(data): (False, "set_aside")}
    assert lane.files(sha256(data)) == ([], [])
    assert lane.post(len(data), data, **named).json()["code"] == "set_aside"


def test_what_was_set_aside_arrives_after_all_from_another_phone(company: Company) -> None:
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.say(lane.photo(order, data))
    for _ in range(MISMATCHES_MAX):
        lane.post(3, b"bad", **metadata(sha256=sha256(data)))
    announced(company)
    Lane(company).upload(data)
    announced(company)
    assert photos(company) == {sha256(data): (True, "")}


def test_only_one_process_says_it_until_its_lease_ends(company: Company) -> None:
    lane, order, data = Lane(company), job(company), jpeg(1)
    lane.upload(jpeg(3))
    lane.say(lane.photo(order, jpeg(3)))
    announced(company)
    lane.say(lane.photo(order, data))
    lane.upload(data)
    assert arrivals.announce(company.office, "another") == 0
    assert arrivals.announce(company.office, "test") == 1
