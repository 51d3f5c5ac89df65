"""Files by tus: piece by piece, checked before they are called safe, and nobody else's business."""

import itertools
import resource
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server import throttle
from server.app import create_app
from server.custody import BYTES_PER_DAY_MAX, FILES_PER_DAY_MAX, IDLE_MS, KILOBYTES
from server.office import Office
from server.settings import Limits
from server.uploads import UNFINISHED_MAX, WAITING_MAX
from shared.photos import PHOTO_BYTES_MAX
from tests.server.rim.company import Company
from tests.server.rim.lane import OFFSET, Lane, checksum, jpeg, metadata, rows_of, sha256

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One server for all of them: every test has phones and pictures of its own."""
    limits = Limits(enrolments_per_address=1_000)
    made = Company(tmp_path_factory.mktemp("uploads") / "data", limits=limits)
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
    return jpeg(next(numbers))


def uploads_of(lane: Lane) -> list[Any]:
    """What the books say of this phone's uploads."""
    return [row for row in rows_of(lane.company, "upload") if row.device_id == lane.phone.device]


def part_of(place: str) -> str:
    """The name of an upload's part."""
    return place.rpartition("/")[2]


def parts_in(company: Company) -> set[str]:
    """Everything that has not all arrived."""
    return set(company.office.parts.touched())


def stored(company: Company, data: bytes) -> bool:
    """Whether a file is in the evidence store, and the books say so."""
    known = {row.sha256 for row in rows_of(company, "evidence_file")}
    return company.office.evidence.read(sha256(data)) == data and sha256(data) in known


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As if the disk were full once a file has so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def code(answer: Any) -> tuple[int, str]:
    """What kind of problem an answer is; it says so in words."""
    told = answer.json()
    assert told["detail"]
    assert told["title"]
    return answer.status_code, told["code"]


def test_it_says_what_it_can_to_anybody(company: Company) -> None:
    answer = company.client.options("/evidence")
    assert answer.status_code == 204
    told = {name: answer.headers[name] for name in answer.headers if name.startswith("tus-")}
    assert told == {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,checksum,termination",
        "tus-max-size": "8000000",
        "tus-checksum-algorithm": "sha1,sha256",
    }


def test_a_file_in_pieces_is_safe_with_its_last_byte(company: Company, lane: Lane) -> None:
    data = picture()
    place = lane.begin(len(data), sha256=sha256(data))
    cuts = (0, 1, 200, len(data) - 1, len(data))
    for start, end in itertools.pairwise(cuts):
        assert lane.offset(place) == start
        assert not stored(company, data)
        answer = lane.patch(place, start, data[start:end])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        assert answer.headers["Cache-Control"] == "no-store"
    assert stored(company, data)
    assert part_of(place) not in parts_in(company)
    assert lane.offset(place) == len(data)


def test_a_file_may_come_with_the_request_that_begins_it(company: Company, lane: Lane) -> None:
    data = picture()
    answer = lane.upload(data)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(data)))
    assert stored(company, data)
    part = lane.post(len(data), data[:100])
    assert part.headers["Upload-Offset"] == "100"
    assert lane.offset(part.headers["Location"]) == 100


def test_a_file_without_a_hash_is_known_by_the_hash_it_has(company: Company, lane: Lane) -> None:
    data = picture()
    answer = lane.post(len(data), data, **metadata(filename="IMG_0001.jpg", filetype="image/jpeg"))
    assert answer.headers["Upload-Offset"] == str(len(data))
    assert stored(company, data)
    assert lane.files(sha256(data)) == ([sha256(data)], [])


def test_a_file_name_is_no_path(company: Company, lane: Lane) -> None:
    folder, name = company.settings.data, sha256(b"abc")
    before = {path for path in folder.parent.rglob("*") if path.is_file()}
    lane.post(3, b"abc", **metadata(filename="../../../fieldfare.db", name="/etc/cron.d/x"))
    made = {path for path in folder.parent.rglob("*") if path.is_file()} - before
    assert made == {folder / "evidence" / name[0] / name[1] / name}


def test_who_speaks_another_version_is_told_which(lane: Lane) -> None:
    for version in (None, "", "0.2.2", "1.0.0, 0.2.2"):
        answer = lane.ask("POST", "/evidence", headers={"Tus-Resumable": version})
        assert code(answer) == (412, "wrong_version")
        assert answer.headers["Tus-Version"] == "1.0.0"


def test_every_answer_says_the_version(company: Company, lane: Lane) -> None:
    for answer in (
        company.client.post("/evidence"),
        lane.ask("HEAD", "/evidence/none"),
        lane.ask("PUT", "/evidence/none"),
        lane.post(1),
    ):
        assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_piece_that_does_not_go_on_is_not_taken(company: Company, lane: Lane) -> None:
    data = picture()
    place = lane.begin(len(data))
    lane.patch(place, 0, data[:100])
    for offset in (0, 99, 101, len(data), 10**14):
        assert code(lane.patch(place, offset, data[100:])) == (409, "wrong_offset")
    assert lane.offset(place) == 100
    assert lane.patch(place, 100, data[100:]).status_code == 204
    assert stored(company, data)


def test_an_offset_that_is_no_number_is_refused(lane: Lane) -> None:
    place = lane.begin(10)
    for offset in ("-1", "x", "", "1e3", "0x1", "1.0", "\xb2", "9" * 30):
        answer = lane.patch(place, 0, b"x", **{"Upload-Offset": offset.encode("latin-1")})
        assert code(answer) == (400, "wrong_header")


def test_a_piece_has_to_be_marked_as_one(lane: Lane) -> None:
    place = lane.begin(10)
    for kind in ("application/octet-stream", "image/jpeg", "multipart/form-data", ""):
        assert code(lane.patch(place, 0, b"x", **{"Content-Type": kind})) == (415, "wrong_type")
    assert lane.offset(place) == 0


CANNOT: tuple[tuple[dict[str, Any], tuple[int, str]], ...] = (
    ({"Upload-Length": "-1"}, (400, "wrong_header")),
    ({"Upload-Length": "0"}, (400, "wrong_header")),
    ({"Upload-Length": "ten"}, (400, "wrong_header")),
    ({"Upload-Length": "1.5"}, (400, "wrong_header")),
    ({"Upload-Length": str(PHOTO_BYTES_MAX + 1)}, (413, "too_large")),
    ({"Upload-Length": "9" * 400}, (413, "too_large")),
    ({"Upload-Defer-Length": "1"}, (400, "wrong_header")),
    ({"Upload-Concat": "partial"}, (400, "wrong_header")),
    ({"Upload-Metadata": "sha256 !!!"}, (400, "wrong_header")),
    ({"Upload-Metadata": "sha256"}, (400, "wrong_header")),
    (metadata(sha256="0" * 63), (400, "wrong_header")),
    (metadata(sha256="../" + "0" * 61), (400, "wrong_header")),
    (metadata(name="x" * 6_000), (400, "wrong_header")),
)


def test_what_cannot_be_begun_is_refused_by_name(lane: Lane) -> None:
    for headers, problem in CANNOT:
        assert code(lane.post(10, **headers)) == problem
    assert uploads_of(lane) == []


def test_the_largest_file_fits(lane: Lane) -> None:
    data = b"x" * PHOTO_BYTES_MAX
    assert lane.upload(data).headers["Upload-Offset"] == str(PHOTO_BYTES_MAX)
    assert stored(lane.company, data)


def test_more_than_was_announced_is_not_taken(lane: Lane) -> None:
    place = lane.begin(10)
    assert code(lane.patch(place, 0, b"x" * 11)) == (413, "too_large")
    unmeasured = lane.patch(place, 0, iter([b"x" * 6, b"x" * 6]))
    assert code(unmeasured) == (413, "too_large")
    assert lane.offset(place) == 0


def test_a_first_piece_without_an_end_is_not_read_to_its_end(lane: Lane) -> None:
    kind, path, data = "http.request", "/evidence", b"x" * 6
    received: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        received.append(len(data))
        assert len(received) < 100, "it goes on reading for ever"
        return {"type": kind, "body": data, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**lane.headers, **OFFSET, "Upload-Length": "10"}
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
        "state": {},
    }
    with lane.company.client.portal() as portal:
        portal.call(lane.company.app, scope, receive, send)
    assert [one["status"] for one in sent if "status" in one] == [413]
    assert len(received) == 2
    assert uploads_of(lane) == []


def test_a_damaged_piece_is_thrown_away(lane: Lane) -> None:
    for algorithm in ("sha1", "sha256"):
        data = picture()
        place, rest = lane.begin(len(data), sha256=sha256(data)), data[50:]
        assert lane.patch(place, 0, data[:50], **checksum(data[:50], algorithm)).status_code == 204
        for damaged in (rest[1:], bytes(len(rest))):
            answer = lane.patch(place, 50, damaged, **checksum(rest, algorithm))
            assert code(answer) == (460, "checksum_mismatch")
            assert lane.offset(place) == 50
        assert lane.patch(place, 50, rest, **checksum(rest, algorithm)).status_code == 204
        assert stored(lane.company, data)


def test_a_checksum_nobody_can_check_is_refused(lane: Lane) -> None:
    place, md5 = lane.begin(10), "md5 " + b64encode(bytes(16)).decode()
    for said in (md5, "sha1 !!", "sha1", "sha1 AAAA", "", "crc32 AAAAAA=="):
        answer = lane.patch(place, 0, b"x", **{"Upload-Checksum": said})
        assert code(answer) == (400, "wrong_header")
    assert lane.offset(place) == 0


def test_a_file_that_is_not_the_one_announced_is_sent_again(lane: Lane) -> None:
    data = picture()
    wrong = bytes(len(data))
    place = lane.begin(len(data), sha256=sha256(data))
    assert code(lane.patch(place, 0, wrong)) == (460, "hash_mismatch")
    assert lane.offset(place) == 0
    assert not stored(lane.company, wrong)
    assert lane.patch(place, 0, data).status_code == 204
    assert stored(lane.company, data)
    assert [row.mismatches for row in uploads_of(lane)] == [1]


def test_three_times_and_it_is_set_aside_however_often_it_is_begun_anew(lane: Lane) -> None:
    data = picture()
    wrong = bytes(len(data))
    first = lane.begin(len(data), sha256=sha256(data))
    assert code(lane.patch(first, 0, wrong)) == (460, "hash_mismatch")
    lane.ask("DELETE", first)
    second = lane.begin(len(data), sha256=sha256(data))
    assert code(lane.patch(second, 0, wrong)) == (460, "hash_mismatch")
    assert code(lane.patch(second, 0, wrong)) == (409, "set_aside")
    assert code(lane.patch(second, 0, data)) == (409, "set_aside")
    assert code(lane.upload(data)) == (409, "set_aside")


def test_what_this_phone_brought_before_is_not_sent_again(lane: Lane) -> None:
    """S7."""
    data = picture()
    first = lane.upload(data)
    again = lane.post(len(data), **metadata(sha256=sha256(data)))
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(data)))
    assert again.headers["Location"] == first.headers["Location"]
    assert len(uploads_of(lane)) == 1


def test_who_lost_the_answer_goes_on_where_it_was_if_it_asks_so(lane: Lane) -> None:
    data = picture()
    named = metadata(sha256=sha256(data))["Upload-Metadata"]
    first = lane.post(len(data), data[:70], headers={"Upload-Metadata": named})
    again = lane.post(len(data), headers={"Upload-Metadata": f"{named},resume"})
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Upload-Offset"] == "70"
    assert lane.post(len(data), headers={"Upload-Metadata": named}).headers["Upload-Offset"] == "0"


def test_nobody_else_sees_that_there_is_an_upload(company: Company, lane: Lane) -> None:
    """S7."""
    place = lane.begin(10)
    for other in (Lane(company), Lane(company, "partner")):
        assert other.ask("HEAD", place).status_code == 404
        assert code(other.patch(place, 0, b"x")) == (404, "not_found")
        assert code(other.ask("DELETE", place)) == (404, "not_found")
    assert lane.offset(place) == 0


def test_only_a_phone_of_somebody_in_the_field_uploads(company: Company, lane: Lane) -> None:
    office = company.signed_in("dispatcher")
    assert code(lane.post(1, headers=office)) == (401, "not_signed_in")
    assert code(lane.post(1, Authorization="")) == (401, "not_signed_in")
    assert code(Lane(company, "warehouse").post(1)) == (403, "not_permitted")


def test_who_has_left_may_hand_in_what_nobody_else_has(company: Company) -> None:
    lane, data = Lane(company, "partner"), picture()
    company.disable("partner")
    assert lane.upload(data).status_code == 201
    assert stored(company, data)


def test_an_upload_that_is_given_up_is_gone(lane: Lane) -> None:
    place = lane.begin(10)
    lane.patch(place, 0, b"abc")
    answer = lane.ask("DELETE", place)
    assert (answer.status_code, answer.content) == (204, b"")
    assert lane.ask("HEAD", place).status_code == 404
    assert part_of(place) not in parts_in(lane.company)


def test_what_is_evidence_is_not_taken_back(lane: Lane) -> None:
    data = picture()
    place = lane.upload(data).headers["Location"]
    assert code(lane.ask("DELETE", place)) == (403, "not_permitted")
    assert stored(lane.company, data)


def test_where_only_post_gets_through_it_may_mean_another_verb(lane: Lane) -> None:
    data = picture()
    place = lane.begin(len(data))
    said = {
        "X-HTTP-Method-Override": "PATCH",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
    }
    answer = lane.ask("POST", place, headers=said, content=data)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    other = lane.begin(10)
    gone = lane.ask("POST", other, headers={"X-HTTP-Method-Override": "DELETE"})
    assert gone.status_code == 204
    assert lane.ask("HEAD", other).status_code == 404
    assert code(lane.ask("POST", place)) == (405, "method_not_allowed")


def test_a_packed_body_is_not_opened(lane: Lane) -> None:
    place = lane.begin(PHOTO_BYTES_MAX)
    bomb = zlib.compress(bytes(50_000_000), wbits=31)
    for encoding in ("gzip", "br", "deflate"):
        answer = lane.patch(place, 0, bomb, **{"Content-Encoding": encoding})
        assert code(answer) == (400, "wrong_encoding")
    assert lane.offset(place) == 0


def fill(lane: Lane, kilobytes: int) -> None:
    """As if this phone had brought so much today."""
    limit = (BYTES_PER_DAY_MAX, throttle.DAY_MINUTES)
    with lane.company.office.writing() as books:
        now = lane.company.now_ms
        throttle.strike(books, KILOBYTES + lane.phone.device, limit, now, kilobytes)


def test_a_phone_brings_so_many_files_a_day(company: Company, lane: Lane) -> None:
    """R10."""
    fill(lane, 500 * (FILES_PER_DAY_MAX - 1))
    lane.begin(10)
    answer = lane.post(10)
    assert code(answer) == (429, "enough_today")
    assert int(answer.headers["Retry-After"]) > 3_600
    assert len(uploads_of(lane)) == 1
    assert Lane(company).post(10).status_code == 201


def test_a_phone_brings_so_many_bytes_a_day(company: Company, lane: Lane) -> None:
    """R10."""
    fill(lane, 1_000_000 - 8_000)
    lane.begin(PHOTO_BYTES_MAX)
    assert code(lane.post(1)) == (429, "enough_today")


def test_of_too_many_unfinished_ones_the_one_that_stands_still_makes_room(
    company: Company, lane: Lane
) -> None:
    places = [lane.begin(10) for _ in range(UNFINISHED_MAX)]
    assert code(lane.post(10)) == (429, "too_many_tries")
    company.now_ms += IDLE_MS + 1
    lane.renew()
    assert lane.post(10).status_code == 201
    answers = sorted(lane.ask("HEAD", place).status_code for place in places)
    assert answers == [200] * (UNFINISHED_MAX - 1) + [404]


def test_files_that_no_op_names_are_kept_to_a_number(company: Company, lane: Lane) -> None:
    """S7."""
    lane.upload(picture())
    (row,) = uploads_of(lane)
    with company.office.writing() as books:
        for number in range(WAITING_MAX - 1):
            told = {**row._asdict(), "id": company.new_id(), "sha256": f"{number:064x}"}
            books.exec_driver_sql(
                f"INSERT INTO upload ({', '.join(told)}) VALUES ({', '.join('?' * len(told))})",
                tuple(told.values()),
            )
    assert code(lane.upload(picture())) == (429, "too_many_tries")


def test_two_uploads_of_the_same_file_are_one_file(company: Company, lane: Lane) -> None:
    """C32."""
    data = picture()
    one, other = (lane.begin(len(data), sha256=sha256(data)) for _ in range(2))
    lane.patch(one, 0, data[:100])
    lane.patch(other, 0, data[:50])
    assert lane.patch(one, 100, data[100:]).status_code == 204
    assert lane.patch(other, 50, data[50:]).status_code == 204
    assert stored(company, data)
    assert [row.sha256 for row in rows_of(company, "evidence_file")].count(sha256(data)) == 1


def test_what_was_whole_when_the_server_died_is_checked_when_it_is_asked_for(
    company: Company, lane: Lane
) -> None:
    """C15."""
    data = picture()
    place = lane.begin(len(data), sha256=sha256(data))
    company.office.parts.append(part_of(place), 0, [data])
    assert lane.offset(place) == len(data)
    assert stored(company, data)


def test_what_was_whole_and_wrong_when_the_server_died_is_not_called_safe(lane: Lane) -> None:
    place = lane.begin(3, sha256=sha256(b"abc"))
    lane.company.office.parts.append(part_of(place), 0, [b"abd"])
    answer = lane.ask("HEAD", place)
    assert answer.status_code == 460
    assert "Upload-Offset" not in answer.headers
    assert lane.offset(place) == 0


def test_what_was_stored_and_not_written_down_is_written_down(company: Company, lane: Lane) -> None:
    """C15."""
    data = picture()
    place = lane.begin(len(data), sha256=sha256(data))
    company.office.parts.append(part_of(place), 0, [data])
    company.office.evidence.put(sha256(data), company.office.parts.path(part_of(place)))
    assert lane.patch(place, len(data), b"").status_code == 204
    assert stored(company, data)
    assert lane.patch(place, len(data), b"").status_code == 204


def test_another_server_on_the_same_folder_goes_on(company: Company, lane: Lane) -> None:
    data = picture()
    place = lane.begin(len(data), sha256=sha256(data))
    lane.patch(place, 0, data[:100])
    other: Office = create_app(company.settings, clock=lambda: company.now_ms).state["office"]
    assert other.parts.size(part_of(place)) == 100
    other.close()


def test_a_store_that_cannot_be_used_is_told_and_nothing_is_lost(alone: Company) -> None:
    lane, data, folder = Lane(alone), picture(), alone.settings.data / "evidence"
    folder.write_text("in the way")
    place = lane.begin(len(data), sha256=sha256(data))
    assert code(lane.patch(place, 0, data)) == (503, "busy")
    assert lane.ask("HEAD", place).status_code == 503
    folder.unlink()
    assert lane.offset(place) == len(data)
    assert stored(alone, data)
    assert "in the way" not in alone.log.getvalue()


def test_a_full_disk_is_told_in_words_and_what_came_before_is_kept(alone: Company) -> None:
    lane, data = Lane(alone), b"x" * 7_000_000
    place = lane.begin(len(data), sha256=sha256(data))
    with largest_file(6_000_000):
        assert lane.patch(place, 0, data[:5_000_000]).status_code == 204
        answer = lane.patch(place, 5_000_000, data[5_000_000:])
    assert code(answer) == (507, "no_room")
    assert lane.offset(place) == 5_000_000
    assert lane.patch(place, 5_000_000, data[5_000_000:]).status_code == 204
    assert stored(alone, data)
