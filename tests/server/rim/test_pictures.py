"""The office looks at photos: only at what arrived, not at what cameras tell, and it is kept."""

from pathlib import Path
from typing import Any

import pytest

from server import arrivals, custody
from server.custody import STRAY_MS
from server.looks import EVERY_MS
from server.parts import label
from server.uploads import KEPT_MS, MISMATCHES_MAX
from shared.people import ROLES
from tests.server.rim.company import Company
from tests.server.rim.lane import Lane, announced, jpeg, metadata, photos, rows_of, sha256
from tests.server.rim.test_round_trip import job
from tests.server.test_pictures import positioned


def arrived(company: Company, data: bytes, thumb: bytes | None = None) -> tuple[Lane, str]:
    """A photo of a job whose bytes are here; its lane and its job."""
    lane, order = Lane(company), job(company)
    lane.say(lane.photo(order, data, thumb=thumb or jpeg(99)))
    lane.upload(data)
    if thumb is not None:
        lane.upload(thumb)
    announced(company)
    return lane, order


def looked(company: Company, order: str) -> list[Any]:
    """Who looked at the pictures of a job, as the log has it."""
    rows = (row for row in rows_of(company, "op") if row.kind == "evidence.read")
    return [row.by_id for row in rows if row.on_id == order]


def ask(company: Company, data: bytes, role: str = "dispatcher", **more: Any) -> Any:
    headers = {**company.signed_in(role), **more.pop("headers", {})}
    path = f"/api/evidence/{sha256(data)}{more.pop('query', '')}"
    return company.client.get(path, headers=headers)


def test_a_photo_is_shown_as_nothing_but_a_picture(company: Company) -> None:
    """S8."""
    data = positioned()
    _, order = arrived(company, data)
    answer = ask(company, data)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == 'inline; filename="WO-26-000001-1.jpg"'
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert b"A camera that tells" not in answer.content
    assert looked(company, order) == [company.people["dispatcher"]]


def test_what_a_browser_has_is_not_sent_nor_noted_again(company: Company) -> None:
    _, order = arrived(company, jpeg(1))
    etag = ask(company, jpeg(1)).headers["ETag"]
    answer = ask(company, jpeg(1), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert len(looked(company, order)) == 1
    ask(company, jpeg(1))
    assert len(looked(company, order)) == 2


def test_what_somebody_else_left_in_a_browser_is_a_look_of_its_own(company: Company) -> None:
    _, order = arrived(company, jpeg(1))
    left = ask(company, jpeg(1)).headers["ETag"]
    answer = ask(company, jpeg(1), "inspector", headers={"If-None-Match": left})
    assert answer.status_code == 200
    assert sorted(looked(company, order)) == sorted(
        company.people[role] for role in ("dispatcher", "inspector")
    )


def test_small_pictures_are_noted_once_an_hour(company: Company) -> None:
    _, order = arrived(company, jpeg(1), jpeg(2))
    small = ask(company, jpeg(1), query="?thumb=true")
    assert small.headers["Content-Disposition"].endswith('"WO-26-000001-1-small.jpg"')
    assert ask(company, jpeg(2)).content == small.content
    assert len(looked(company, order)) == 1
    ask(company, jpeg(1), "service_manager", query="?thumb=true")
    assert len(looked(company, order)) == 2
    company.now_ms += EVERY_MS + 1
    ask(company, jpeg(1), query="?thumb=true")
    assert len(looked(company, order)) == 3


def test_while_the_small_one_is_not_here_the_whole_one_is_shown(company: Company) -> None:
    arrived(company, jpeg(1))
    assert ask(company, jpeg(1), query="?thumb=true").content == ask(company, jpeg(1)).content


def test_what_is_no_picture_is_told_in_words_and_never_shown(company: Company) -> None:
    data = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    arrived(company, data)
    answer = ask(company, data, headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json()["code"]) == (409, "unreadable")
    assert "图片" in answer.json()["detail"]
    assert b"svg" not in answer.content


def test_a_file_that_no_photo_names_is_not_shown(company: Company) -> None:
    Lane(company).upload(jpeg(1))
    assert ask(company, jpeg(1)).status_code == 404
    assert ask(company, b"nobody has this").status_code == 404


def test_a_photo_shows_nobody_elses_file(company: Company) -> None:
    """S7: naming a stranger's hash must not put the stranger's picture among one's own."""
    theirs, mine, order = Lane(company, "partner"), Lane(company), job(company)
    theirs.upload(jpeg(1))
    mine.say(mine.photo(order, jpeg(1)))
    announced(company)
    assert ask(company, jpeg(1)).status_code == 404


def test_what_was_taken_back_is_shown_only_to_whoever_looks_into_it(company: Company) -> None:
    lane, order = arrived(company, jpeg(1), jpeg(2))
    (photo,) = rows_of(company, "photo")
    before = ask(company, jpeg(1)).headers["ETag"]
    company.say("photo.drop", ("work_order", order), photo=photo.id, reason="x")
    looks = len(looked(company, order))
    answers = {role: ask(company, jpeg(1), role).status_code for role in ROLES}
    assert {role for role, status in answers.items() if status == 200} == {
        *("inspector", "service_manager", "administrator"),
    }
    assert answers["dispatcher"] == 404
    assert ask(company, jpeg(2)).status_code == 404
    assert ask(company, jpeg(1), headers={"If-None-Match": before}).status_code == 404
    assert len(looked(company, order)) == looks + 3
    # The same picture at another place of the job stands, and is what everybody sees.
    lane.say(lane.photo(order, jpeg(1), slot="plate", thumb=jpeg(2)))
    announced(company)
    assert ask(company, jpeg(1)).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("technician", 403), ("inspector", 200)])
def test_the_office_looks_and_the_field_does_not(company: Company, role: str, status: int) -> None:
    arrived(company, jpeg(1))
    assert ask(company, jpeg(1), role).status_code == status


def test_a_file_that_is_gone_from_the_store_is_told_to_who_looks_after_it(company: Company) -> None:
    arrived(company, jpeg(1))
    company.office.evidence.remove(sha256(jpeg(1)))
    assert ask(company, jpeg(1)).status_code == 404
    assert "a file is missing in the evidence store" in company.log.getvalue()


def test_what_no_op_names_goes_after_three_months_and_what_one_names_stays(
    company: Company,
) -> None:
    """C45."""
    named, _ = arrived(company, jpeg(1), jpeg(2))
    named.upload(jpeg(3))
    company.now_ms += KEPT_MS
    custody.tidy(company.office)
    assert company.office.evidence.has(sha256(jpeg(3)))
    company.now_ms += 2
    custody.tidy(company.office)
    kept = {name: company.office.evidence.has(sha256(jpeg(name))) for name in (1, 2, 3)}
    assert kept == {1: True, 2: True, 3: False}
    assert {row.sha256 for row in rows_of(company, "evidence_file")} == {
        sha256(jpeg(1)),
        sha256(jpeg(2)),
    }
    named.renew()
    assert named.files(sha256(jpeg(3)))[1] == [sha256(jpeg(3))]


def test_of_two_who_brought_a_file_the_one_whose_op_names_it_keeps_it(company: Company) -> None:
    arrived(company, jpeg(1))
    Lane(company, "partner").upload(jpeg(1))
    company.now_ms += KEPT_MS + 1
    custody.tidy(company.office)
    assert company.office.evidence.has(sha256(jpeg(1)))
    assert len(rows_of(company, "upload")) == 1


def test_parts_that_nobody_goes_on_with_are_dropped(company: Company, tmp_path: Path) -> None:
    lane = Lane(company)
    place = lane.begin(10)
    lane.patch(place, 0, b"abc")
    parts = company.office.parts
    parts.append("0-stray", 0, [b"of no upload"])
    touched = parts.touched()["0-stray"]
    company.now_ms = touched + STRAY_MS - 60_000
    custody.tidy(company.office)
    assert len(parts.touched()) == 2
    company.now_ms = touched + STRAY_MS + 60_000
    custody.tidy(company.office)
    assert list(parts.touched()) == [place.rpartition("/")[2]]
    company.now_ms = touched + KEPT_MS + 60_000
    custody.tidy(company.office)
    assert (parts.touched(), rows_of(company, "upload")) == ({}, [])


def test_a_part_that_says_whose_it_is_may_be_asked_for_as_long_as_any_file(
    company: Company,
) -> None:
    parts, part = company.office.parts, f"0-{label('device', sha256(jpeg(1)))}"
    parts.append(part, 0, [jpeg(1)])
    touched = parts.touched()[part]
    company.now_ms = touched + KEPT_MS - 60_000
    custody.tidy(company.office)
    assert list(parts.touched()) == [part]
    company.now_ms = touched + KEPT_MS + 60_000
    custody.tidy(company.office)
    assert parts.touched() == {}


def test_all_of_it_holds_on_postgresql(tmp_path: Path, fresh_postgres: str) -> None:
    company = Company(tmp_path / "data", database=fresh_postgres)
    with company.client:
        lane, order = arrived(company, jpeg(1), jpeg(2))
        lane.say(lane.photo(order, jpeg(1), slot="leak"))
        announced(company)
        arrivals.look_again(company.office, "test")
        assert [row.arrived_at is not None for row in rows_of(company, "photo")] == [True, True]
        lane.say(lane.photo(order, jpeg(4), slot="other"))
        for _ in range(MISMATCHES_MAX):
            lane.post(3, b"bad", **metadata(sha256=sha256(jpeg(4))))
        announced(company)
        assert photos(company)[sha256(jpeg(4))] == (False, "set_aside")
        asked = [sha256(jpeg(seed)) for seed in (1, 3, 4)]
        assert lane.files(*asked) == ([asked[0]], [asked[1]])
        assert ask(company, jpeg(1)).headers["Content-Disposition"].endswith('-1.jpg"')
        assert ask(company, jpeg(1), query="?thumb=true").status_code == 200
        again = lane.post(9, headers={"Upload-Metadata": "resume"})
        assert again.status_code == 201
        lane.upload(jpeg(3))
        company.now_ms += KEPT_MS + 1
        custody.tidy(company.office)
        kept = {seed: company.office.evidence.has(sha256(jpeg(seed))) for seed in (1, 2, 3)}
        assert kept == {1: True, 2: True, 3: False}
