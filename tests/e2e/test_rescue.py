"""A phone that cannot reach its server gets its work out in a file; the office has it once."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Company
from tests.e2e.processes import Phone, Ran, Told, fieldfare
from tests.e2e.test_photos import photo, picture, stored

LOGIN = "zhou.jian"


def packed(phone: Phone, out: Path) -> Told:
    ran = phone.run("export", "--out", str(out))
    assert ran.code == 0, ran
    told: Told = ran.told
    return told


def taken(company: Company, file: Path, *more: str) -> Ran:
    return fieldfare("rescue", file, "--data", company.server.data, *more)


def said(company: Company, number: str) -> list[Told]:
    """A job's story, but for how far its entries are numbered and signed by now."""
    story = company.desk.order(number)["story"]
    return [{name: value for name, value in line.items() if name != "leaf"} for line in story]


@pytest.mark.slow
def test_work_that_no_network_takes_reaches_the_office_once_by_a_file_and_once_it_stays(
    company: Company, tmp_path: Path
) -> None:
    """C23."""
    phone = company.phone(LOGIN)
    number = company.job(LOGIN)["number"]
    phone.sync()
    company.server.stop()
    acts = phone.work(number, "accept", "depart", "arrive", "start")
    acts += [phone.must("note.add", number, text=f"note {n}", audience="internal") for n in "ab"]
    shot = photo(phone, number, picture(tmp_path / "a.jpg", seed=77))
    out = tmp_path / "zhou.rescue"

    done = packed(phone, out)
    assert (done["files"], done["torn"]) == (2, [])
    company.server.start()
    before = said(company, number)

    looked = taken(company, out, "--check")
    assert looked.code == 0, looked
    waiting = {"ops_new": 7, "files_new": 2, "verdicts": {"applied": 7}, "rehearsed": True}
    assert {name: looked.told[name] for name in waiting} == waiting
    assert said(company, number) == before
    assert shot["sha256"] not in stored(company.server.data)

    first = taken(company, out)
    assert first.code == 0, first
    assert (first.told["ops_new"], first.told["verdicts"]) == (7, {"applied": 7})
    assert (first.told["files_new"], first.told["rehearsed"]) == (2, False)
    again = taken(company, out)
    assert (again.told["ops_new"], again.told["files_new"], again.told["verdicts"]) == (0, 0, {})

    story = company.desk.order(number)["story"]
    told = [line["op"] for line in story if line["op"] in {*acts, shot["id"]}]
    assert sorted(told) == sorted({*acts, shot["id"]})
    for name in ("sha256", "thumb_sha256"):
        assert shot[name] in stored(company.server.data)

    see_that_the_phone_learns_of_it_and_nothing_doubles(company, phone, number, told)


def see_that_the_phone_learns_of_it_and_nothing_doubles(
    company: Company, phone: Phone, number: str, told: list[str]
) -> None:
    ran = phone.sync()
    assert ran.code == 0, ran
    assert ran.told["verdicts"] == {"applied": 7}
    assert (ran.told["pending_files"], ran.told["checksum_ok"]) == (0, True)
    assert {line["verdict"] for line in phone.items("outbox")} == {"applied"}
    after = company.desk.order(number)["story"]
    assert [line["op"] for line in after if line["op"] in told] == told
    checked = fieldfare("audit", "verify", "--data", company.server.data)
    assert (checked.code, checked.told["fault"]) == (0, None), checked


@pytest.mark.slow
def test_a_file_that_is_none_or_not_whole_is_refused_in_words_and_nothing_is_taken(
    company: Company, tmp_path: Path
) -> None:
    phone = company.phone(LOGIN)
    number = company.job(LOGIN)["number"]
    phone.sync()
    phone.work(number, "accept")
    out = tmp_path / "zhou.rescue"
    packed(phone, out)
    cut = tmp_path / "cut.rescue"
    cut.write_bytes(out.read_bytes()[:-1])

    refused = taken(company, cut, "--lang", "zh")
    assert (refused.code, refused.told["code"]) == (3, "rescue_spoiled")
    assert "救援文件" in refused.told["reason"]
    gone = taken(company, tmp_path / "gone")
    assert (gone.code, gone.told["code"]) == (3, "rescue_not_read")
    assert company.desk.order(number)["status"] == "assigned"


def test_a_folder_that_is_no_phone_says_so(tmp_path: Path) -> None:
    ran = Phone(tmp_path).run("export", "--out", str(tmp_path / "x"))
    assert (ran.code, ran.told["code"]) == (2, "not_enrolled")


@pytest.mark.slow
def test_another_phone_carries_the_file_unread(company: Company, tmp_path: Path) -> None:
    phone, other = company.phone(LOGIN), company.phone("sun.li")
    number = company.job(LOGIN)["number"]
    phone.sync()
    (act,) = phone.work(number, "accept")
    out = tmp_path / "zhou.rescue"
    packed(phone, out)

    ran = other.run("carry", str(out))

    assert ran.code == 0, ran
    assert set(ran.told) == {"ops", "files"}
    assert company.desk.line(number, act)["verdict"] == "applied"
    bad = other.run("carry", str(tmp_path / "gone"))
    assert (bad.code, bad.told["code"]) == (3, "rescue_not_read")
    out.write_bytes(out.read_bytes()[:-1])
    assert other.run("carry", str(out)).told["code"] == "rescue_spoiled"
