"""The photos of a job by touches: taken, chosen, described, drawn on, taken back; nothing lost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kivy.tests import UnitTestTouch
from PIL import Image, ImageDraw

from mobile import darkroom, evidence
from mobile.adapters import desktop
from mobile.screens import photos as screen
from mobile.widgets.pictures import thumbnails
from mobile.widgets.press import rest
from shared.photos import Photo
from tests.app.conftest import Open
from tests.app.driver import Driver
from tests.app.folders import NOW_MS

BRANDS = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 400


@pytest.fixture
def photos(app: Open) -> Callable[..., Driver]:
    """The app open at the photos of the job that is under way."""

    def opened(**look: Any) -> Driver:
        hand = app("ordinary", **look)
        jobs = hand.app.phone.queries.jobs()
        job = next(one.id for one in jobs if one.summary == "Lift 4 door reopening fault")
        return hand.go("photos", id=job)

    return opened


def shoot(hand: Driver, name: str = "a.jpg", *, colour: str = "#884422", age: int = 0) -> Path:
    """What the camera of this desk is going to see."""
    assert hand.folder is not None
    path = hand.folder / desktop.PICTURES / name
    path.parent.mkdir(exist_ok=True)
    picture = Image.new("RGB", (800, 600), colour)
    ImageDraw.Draw(picture).ellipse((200, 100, 500, 400), fill="#22AA66")
    picture.save(path, "JPEG")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def garbage(hand: Driver, name: str, data: bytes) -> None:
    assert hand.folder is not None
    path = hand.folder / desktop.PICTURES / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def job(hand: Driver) -> str:
    return hand.place.args["id"]


def taken(hand: Driver) -> tuple[Photo, ...]:
    """The photos of the job that nobody has taken back."""
    return tuple(one.photo for one in hand.app.phone.queries.photos(job(hand)))


def settled(hand: Driver, count: int) -> tuple[Photo, ...]:
    """Wait until so many pictures are photos and none waits."""
    here = job(hand)
    hand.until(lambda: len(hand.app.phone.queries.photos(here)) == count)
    hand.until(lambda: not hand.app.darkroom.waiting(here))
    hand.frames(3)
    return taken(hand)


def incoming(hand: Driver) -> list[str]:
    assert hand.folder is not None
    return sorted(path.suffix for path in (hand.folder / darkroom.FOLDER).glob("*"))


def test_one_tap_takes_a_photo_and_it_is_on_this_phone(photos: Any) -> None:
    hand = photos()
    assert hand.sees("No photos yet")
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    assert (photo.width, photo.height, photo.audience) == (800, 600, "customer")
    assert evidence.read(hand.folder, photo.sha256) is not None
    assert hand.sees("1 photo, not with the office yet")
    assert hand.sees("On this phone")
    assert incoming(hand) == []


def test_a_double_tap_opens_the_camera_once(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.hammer("Take a photo")
    settled(hand, 1)
    assert len(taken(hand)) == 1


def test_several_pictures_of_the_gallery_come_at_once_in_the_order_they_were_taken(
    photos: Any,
) -> None:
    hand = photos(now_ms=None)  # a clock that goes on
    for age, colour in enumerate(("#111111", "#555555", "#999999")):
        shoot(hand, f"{age}.jpg", colour=colour, age=age)
    hand.tap("Gallery")
    assert hand.sees("3 pictures are being prepared.")
    found = settled(hand, 3)
    greys = [_pixel(hand, one, (2, 2))[0] for one in found]
    assert greys == sorted(greys, reverse=True)  # the oldest file was the lightest
    hand.tap("Gallery")
    hand.until(lambda: not hand.app.darkroom.waiting(job(hand)))
    assert len(taken(hand)) == 3  # the same pictures again are no new photos


def test_a_camera_without_a_picture_leaves_nothing(photos: Any) -> None:
    hand = photos()
    hand.tap("Take a photo")
    assert hand.sees("No picture was taken.")
    hand.tap("Gallery")
    assert hand.sees("No picture was chosen.")
    assert incoming(hand) == []


def test_what_is_no_picture_is_said_in_words_and_can_be_removed(photos: Any) -> None:
    hand = photos()
    garbage(hand, "a.heic", BRANDS)
    hand.tap("Take a photo")
    hand.until(lambda: hand.sheet is not None)
    assert hand.place.sheet == "raw_photo"
    assert hand.sees("HEIC")
    hand.tap("Remove the picture")
    hand.until(lambda: hand.sheet is None)
    assert (taken(hand), incoming(hand)) == ((), [])


def test_a_picture_that_is_cut_short_is_kept_and_tried_again(photos: Any) -> None:
    hand = photos()
    path = shoot(hand)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    hand.tap("Take a photo")
    hand.until(lambda: hand.sheet is not None)
    (slip,) = hand.app.darkroom.waiting(job(hand))
    assert slip.fault == "picture_broken"
    hand.app.darkroom.raw(slip.id).write_bytes(whole)
    hand.tap("Try again")
    settled(hand, 1)


def test_there_is_always_room_for_a_signature(photos: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = photos()
    shoot(hand)
    monkeypatch.setattr(evidence, "free_bytes", lambda _folder: 10_000_000)
    hand.tap("Take a photo")
    assert hand.sees("so no more photos are taken")
    assert (taken(hand), incoming(hand)) == ((), [])


def test_a_picture_outlives_a_kill_before_it_is_a_photo(
    photos: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C43."""
    hand = photos()
    shoot(hand)
    monkeypatch.setattr(darkroom.Darkroom, "_ask", lambda *_: None)  # killed before the thread ran
    hand.tap("Take a photo")
    assert hand.sees("Being prepared")
    assert incoming(hand) == [".json", ".raw"]
    monkeypatch.undo()
    hand.again()
    assert hand.place.screen == "photos"
    settled(hand, 1)
    assert incoming(hand) == []


def test_what_a_kill_interrupted_is_taken_up_wherever_the_app_begins(
    photos: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = photos()
    here = job(hand)
    shoot(hand)
    monkeypatch.setattr(darkroom.Darkroom, "_ask", lambda *_: None)
    hand.tap("Take a photo")
    hand.go("today")
    monkeypatch.undo()
    hand.again()
    hand.app._send_out()
    hand.until(lambda: len(hand.app.phone.queries.photos(here)) == 1)
    assert hand.place.screen == "today"


def test_a_kill_between_the_record_and_the_end_makes_no_second_photo(
    photos: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C43."""
    hand = photos()
    shoot(hand)
    monkeypatch.setattr(darkroom.Darkroom, "discard", lambda *_: None)
    hand.tap("Take a photo")
    hand.until(lambda: taken(hand))
    monkeypatch.undo()
    hand.again()
    settled(hand, 1)
    assert (len(taken(hand)), incoming(hand)) == (1, [])


def test_a_picture_that_arrives_while_the_camera_was_killed_is_found_and_an_empty_slip_forgotten(
    photos: Any,
) -> None:
    """C43."""
    hand = photos()
    slip = hand.page._slip()
    path = hand.app.darkroom.reserve(slip)
    lost = hand.page._slip()
    hand.app.darkroom.reserve(lost)
    path.write_bytes(shoot(hand).read_bytes())
    hand.again(now_ms=NOW_MS + 2 * 3_600_000)
    hand.app.refresh()
    settled(hand, 1)
    assert incoming(hand) == []


def test_a_photo_is_described_with_two_taps_and_what_is_begun_is_kept(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    hand.tap(f"photo:{photo.id}")
    assert hand.place.screen == "photo"
    hand.tap("Caption")
    hand.until(lambda: hand.sheet is not None)
    hand.tap("Damage")
    hand.again()
    assert hand.place.sheet == "caption"
    hand.tap("For the office only")
    hand.tap("Save", "PushButton")
    (after,) = taken(hand)
    assert (after.caption, after.audience) == ("Damage", "internal")
    assert hand.sees("Damage")
    assert hand.app.drafts.keys("job/") == ()


def test_a_photo_is_taken_back_with_a_reason(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    hand.tap(f"photo:{photo.id}")
    hand.tap("Take back")
    hand.until(lambda: hand.sheet is not None)
    hand.tap("Take the photo back")
    assert hand.sees("Choose a reason first, or write one.")
    hand.tap("Blurred or too dark")
    assert (taken(hand), hand.place.screen) == ((), "photos")
    assert hand.sees("No photos yet")


def test_a_drawing_is_a_new_photo_and_the_first_stays_as_it_was(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    before = evidence.read(hand.folder, photo.sha256)
    hand.tap(f"photo:{photo.id}")
    hand.tap("draw")
    hand.until(lambda: hand.page.pad.texture is not None)
    box = hand.page.pad.box
    across = ((box.x + box.w * 0.1, box.y + box.h / 2), (box.x + box.w * 0.9, box.y + box.h / 2))
    hand.swipe(*across)
    hand.tap("Yellow")
    hand.swipe((box.x + box.w / 2, box.y + 20), (box.x + box.w / 2, box.y + box.h - 20))
    assert len(hand.page.lines) == 2
    hand.again()
    assert [one.colour for one in hand.page.lines] == ["#E0241B", "#FFD400"]
    hand.tap("Undo")
    hand.tap("Save the drawing")
    hand.go("photos", id=job(hand))
    _, drawing = settled(hand, 2)
    assert (drawing.drawn_on, drawing.sha256 == photo.sha256) == (photo.id, False)
    assert evidence.read(hand.folder, photo.sha256) == before
    assert _pixel(hand, drawing, (300, 300))[0] > 180  # red


def test_all_lines_are_cleared_only_when_that_is_sure(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    hand.go("draw", id=job(hand), photo=photo.id)
    hand.page.stroke((0.1, 0.1, 0.5, 0.5))
    hand.tap("Clear all")
    assert len(hand.page.lines) == 1
    hand.tap("Clear: sure?")
    assert hand.page.lines == []
    hand.tap("Save the drawing")
    assert hand.sees("Draw something first.")


def test_no_picture_stays_in_memory_that_nobody_looks_at(photos: Any) -> None:
    """C39."""
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    hand.until(lambda: thumbnails._kept)
    page = hand.page
    hand.tap(f"photo:{photo.id}")
    hand.until(lambda: hand.page.ids.picture.texture is not None)
    large = hand.page.ids.picture
    assert (dict(thumbnails._kept), page.cards) != ({}, None)
    hand.go("today")
    assert (page.cards, large.texture) == ({}, None)


def test_two_fingers_make_a_photo_larger_and_one_moves_it(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.tap("Take a photo")
    (photo,) = settled(hand, 1)
    hand.go("photo", id=job(hand), photo=photo.id)
    picture = hand.page.ids.picture
    hand.until(lambda: picture.texture is not None)
    x, y = picture.to_window(*picture.center)
    # Nobody pinches in the moment in which a screen comes up.
    hand.until(lambda: not rest.lasts)
    left, right = UnitTestTouch(x - 20, y), UnitTestTouch(x + 20, y)
    for finger in (left, right):
        finger.touch_down()
    right.touch_move(x + 60, y)
    assert picture.glass.zoom == pytest.approx(2.0)
    right.touch_up()
    before = picture.glass.dx
    left.touch_move(x + 10, y)
    left.touch_up()
    assert picture.glass.dx == pytest.approx(before + 30)


def test_a_slot_is_filled_by_a_tap_on_it(photos: Any) -> None:
    hand = photos()
    shoot(hand)
    hand.page.take("nameplate")
    (photo,) = settled(hand, 1)
    assert photo.slot == "nameplate"


def test_a_photo_that_is_gone_says_so(photos: Any) -> None:
    hand = photos()
    here = job(hand)
    for place in ("photo", "draw"):
        hand.go(place, id=here, photo="00000000-0000-7000-8000-000000000001")
        assert hand.sees("This photo is no longer on this job.")


def test_a_job_without_an_end_takes_photos_of_any_number(photos: Any) -> None:
    hand = photos()
    assert screen.PICK_MAX == 10
    for age in range(12):
        shoot(hand, f"{age}.jpg", colour=f"#{age * 11111:06x}", age=age)
    hand.tap("Gallery")
    assert len(settled(hand, 10)) == 10
    found = hand.app.phone.queries.photos(job(hand))
    assert [one.thumb is not None for one in found] == [True] * 10


def _pixel(hand: Driver, photo: Photo, spot: tuple[int, int]) -> tuple[int, ...]:
    path = evidence.path_of(hand.app.phone.folder, photo.sha256)
    assert path is not None
    with Image.open(path) as picture:
        found = picture.convert("RGB").getpixel(spot)
    assert isinstance(found, tuple)
    return found
