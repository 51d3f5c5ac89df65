"""What the desktop has of a device: it works, and where it has nothing it says so."""

import ast
import os
from pathlib import Path

import pytest

from mobile import adapters
from mobile.adapters import desktop
from mobile.adapters.ports import Adapters, Host, Position


@pytest.fixture
def copied() -> list[str]:
    return []


@pytest.fixture
def device(tmp_path: Path, copied: list[str]) -> Adapters:
    def copy(text: str) -> bool:
        copied.append(text)
        return True

    return adapters.choose(tmp_path, Host(copy=copy, later=lambda act: act()))


def test_the_newest_picture_of_the_folder_is_taken(device: Adapters, tmp_path: Path) -> None:
    taken: list[Path | None] = []
    target = tmp_path / "photos" / "1.jpg"
    device.camera.take(target, taken.append)
    (tmp_path / desktop.PICTURES).mkdir()
    for name in ("a.jpg", "b.png", "note.txt"):
        (tmp_path / desktop.PICTURES / name).write_bytes(name.encode())
    device.camera.take(target, taken.append)
    assert taken == [None, target]
    assert target.read_bytes() == b"b.png"


def test_several_of_the_newest_pictures_are_chosen_in_the_order_they_were_taken(
    device: Adapters, tmp_path: Path
) -> None:
    counts: list[int] = []
    targets = [tmp_path / "photos" / f"{index}.raw" for index in range(2)]
    device.camera.pick(targets, counts.append)
    (tmp_path / desktop.PICTURES).mkdir()
    device.camera.pick(targets, counts.append)
    for at, name in enumerate(("a.jpg", "b.png", "c.webp")):
        file = tmp_path / desktop.PICTURES / name
        file.write_bytes(name.encode())
        os.utime(file, (at, at))
    device.camera.pick(targets, counts.append)
    device.camera.pick([*targets, *(tmp_path / f"{n}.raw" for n in range(9))], counts.append)
    assert counts == [0, 0, 2, 3]
    assert [one.read_bytes() for one in targets] == [b"a.jpg", b"b.png"]


def test_a_place_is_known_where_it_was_written_down(device: Adapters, tmp_path: Path) -> None:
    told: list[Position | None] = []
    device.location.ask(told.append)
    (tmp_path / desktop.POSITION).write_text('{"latitude":31.2,"longitude":121.5,"accuracy_m":8}')
    device.location.ask(told.append)
    (tmp_path / desktop.POSITION).write_text("somewhere")
    device.location.ask(told.append)
    assert told == [None, Position(latitude=31.2, longitude=121.5, accuracy_m=8.0), None]


def test_the_network_is_known_by_the_last_conversation(device: Adapters) -> None:
    assert device.connectivity.is_online() is None
    assert device.connectivity.is_metered() is None
    device.connectivity.heard(reached=False)
    assert device.connectivity.is_online() is False
    device.connectivity.heard(reached=True)
    assert device.connectivity.is_online() is True


V4 = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
wlan0 00000000 0101A8C0 0003 0 0 600 00000000 0 0 0
wlan0 0001A8C0 00000000 0001 0 0 600 00FFFFFF 0 0 0
"""
NOUGHT = "0" * 32
V6 = f"""{NOUGHT} 00 {NOUGHT} 00 fe800000000000000000000000000001 00000400 1 0 3 wlan0
{NOUGHT} 00 {NOUGHT} 00 {NOUGHT} ffffffff 1 0 00200200 lo
"""


def test_a_network_has_a_name_that_changes_with_it(tmp_path: Path) -> None:
    """C64."""
    tables = [tmp_path / "route", tmp_path / "ipv6_route"]
    line = desktop.LastTalk(tables)
    told = [line.network()]
    for text4, text6 in ((V4, V6), (V4.replace("0101A8C0", "0100A8C0"), ""), ("", V6), ("", "")):
        for table, text in zip(tables, (text4, text6), strict=True):
            table.write_text(text)
        told.append(line.network())
    fe80 = "wlan0:fe800000000000000000000000000001"
    assert told == [None, f"wlan0:0101A8C0 {fe80}", "wlan0:0100A8C0", fe80, None]
    tables[0].write_bytes(b"\xff")
    assert line.network() is None


def test_what_no_app_takes_is_copied(device: Adapters, copied: list[str]) -> None:
    share = device.share
    assert [share.text("a"), share.call("139 0000"), share.map("12 Canal St")] == ["copied"] * 3
    assert copied == ["a", "139 0000", "12 Canal St"]
    assert desktop.Clipboard(lambda _: False, Path("shared")).text("a") == ""


def test_a_file_that_no_app_takes_is_put_where_its_person_finds_it(
    device: Adapters, tmp_path: Path
) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.4")
    told = device.share.file(report, "application/pdf")
    assert (told, Path(told).read_bytes()) == (str(tmp_path / "shared" / "report.pdf"), b"%PDF-1.4")
    assert device.share.file(tmp_path / "none.pdf", "application/pdf") == ""


def test_a_secret_is_kept_for_its_owner_alone(device: Adapters, tmp_path: Path) -> None:
    store = device.keystore
    assert store.read("pin") is None
    store.put("pin", b"\x00\xff")
    assert store.read("pin") == b"\x00\xff"
    assert (tmp_path / desktop.SECRETS / "pin").stat().st_mode & 0o777 == 0o600
    store.drop("pin")
    store.drop("pin")
    assert store.read("pin") is None


def test_what_a_desk_lacks_does_no_harm(device: Adapters) -> None:
    device.haptics.feel("done")
    assert device.text_entry.edit("title", "text", lambda _: None) is False
    assert device.surroundings.insets() == (0, 0)
    assert device.surroundings.ground() == "light"
    assert isinstance(device.surroundings.language(), str)


def test_the_android_half_loads_its_classes_only_when_they_are_wanted() -> None:
    source = Path(adapters.__file__).with_name("android.py").read_text(encoding="utf-8")
    named = [
        name
        for node in ast.parse(source).body
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert [name for name in named if name.startswith(("jnius", "android"))] == []
