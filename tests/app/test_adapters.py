"""What the desktop has of a device: it works, and where it has nothing it says so."""

import ast
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
    device.connectivity.heard(reached=False)
    assert device.connectivity.is_online() is False
    device.connectivity.heard(reached=True)
    assert device.connectivity.is_online() is True


def test_what_no_app_takes_is_copied(device: Adapters, copied: list[str]) -> None:
    share = device.share
    assert [share.text("a"), share.call("139 0000"), share.map("12 Canal St")] == ["copied"] * 3
    assert copied == ["a", "139 0000", "12 Canal St"]
    assert desktop.Clipboard(lambda _: False).text("a") == ""


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
