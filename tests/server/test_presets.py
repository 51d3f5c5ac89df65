"""The server brings its policies and a calendar along: published once, whoever starts it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import fieldfare
from server import administration, presets, rows, settings
from server.office import Office
from shared.calendars import COMPANY, WorkingCalendar
from shared.limits import unfit, warnings
from shared.policy import CHOICE, PRESETS, Chosen, PolicyChoice, ServicePolicy

HOUR_MS = 3_600_000  # by then nobody has a lease any more
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "policies"


def test_every_preset_is_a_file_and_every_file_a_preset() -> None:
    assert sorted(PRESETS) == sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_sound_and_in_order(name: str) -> None:
    """C-04: no limit of a preset may take longer than one of a later step."""
    told = presets.read(FOLDER, name, "2026-01-01")
    assert told.name == name
    assert unfit(told.limits) is None
    assert warnings(told.limits) == ()


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_of_a_preset_says_where_it_is_from(name: str) -> None:
    told = presets.read(FOLDER, name, "2026-01-01")
    values: list[Any] = [*told.limits, *told.targets, *told.duties]
    assert [one.id for one in values if not one.source] == []
    lines = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    bare = ("amount = ", "agreed_max = ", "share = ")
    assert [line for line in lines if line.startswith(bare) and "# " not in line] == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_limit_of_a_preset_names_who_answers_for_it(name: str) -> None:
    """R-SLA-43, R-SLA-44."""
    told = presets.read(FOLDER, name, "2026-01-01")
    assert [one.id for one in told.limits if not one.role] == []


def test_a_file_that_is_no_policy_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p-bad.toml").write_text('name = "p-bad"\nen = "x"\nzh = "x"\nlimits = 3\n')
    with pytest.raises(msgspec.ValidationError):
        presets.read(tmp_path, "p-bad", "2026-01-01")


def kept(office: Office, name: str) -> list[Any]:
    with office.reading() as books:
        ids = {one.policy_id for one in choice(office).editions} if name != "all" else set()
        return rows.fetch(books, name, "id", {*ids, CHOICE, COMPANY})


def choice(office: Office) -> PolicyChoice:
    with office.reading() as books:
        (found,) = rows.fetch(books, "policy_choice", "id", {CHOICE})
    assert isinstance(found, PolicyChoice)
    return found


def opened(tmp_path: Path, **init: Any) -> Any:
    data = tmp_path / "data"
    administration.init(data, demo=None, language="zh", **init)
    return administration.opened(settings.load({"data": data}))


def test_a_new_company_has_every_preset_and_none_in_force(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        policies: list[ServicePolicy] = kept(office, "service_policy")
        assert sorted(one.name for one in policies) == sorted(PRESETS)
        assert {one.number for one in policies} == {1}
        assert choice(office).chosen == ()
        (calendar,) = kept(office, "working_calendar")
        assert isinstance(calendar, WorkingCalendar)
        assert (calendar.time_zone, calendar.country, calendar.days) == ("UTC", "", ())


def test_a_preset_can_be_put_in_force_from_the_start(tmp_path: Path) -> None:
    with opened(tmp_path, policy="p-hotline") as office:
        (chosen,) = choice(office).chosen
        assert isinstance(chosen, Chosen)
        assert (chosen.policy, chosen.contract) == ("p-hotline", None)


def test_starting_again_publishes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        before = choice(office)
        again = [presets.publish(office, holder) for holder in ("one", "another")]
        assert (again, choice(office)) == ([0, 0], before)


def test_a_preset_that_a_later_release_brings_is_published_by_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        later = msgspec.structs.replace(office, now_ms=lambda: office.now_ms() + HOUR_MS)
        before = choice(office)
        kept_names = [one for one in before.editions if one.name != "p-common"]
        with office.writing() as books:
            rows.save(books, [msgspec.structs.replace(before, editions=tuple(kept_names))])
        assert presets.publish(later, "one") == 1
        assert sorted(one.name for one in choice(office).editions) == sorted(PRESETS)


def test_in_china_the_calendar_has_the_holidays_and_says_what_is_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    administration.init(data, demo="2026-11-21", language="zh")
    with administration.opened(settings.load({"data": data})) as office:
        (calendar,) = kept(office, "working_calendar")
        assert calendar.country == "CN"
        made_up = {one.date for one in calendar.days if one.works}
        assert {"2026-02-14", "2026-10-10"} <= made_up
        (chosen,) = choice(office).chosen
        assert (chosen.policy, chosen.valid_from) == (PRESETS[0], "2026-01-01")


def test_a_policy_that_is_none_of_them_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fieldfare.main(["init", "--data", str(tmp_path / "x"), "--policy", "p-none"])
    assert "p-none" in capsys.readouterr().err
