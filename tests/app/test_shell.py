"""The app around the screens: looks change at once, refusals have words, back leads back."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.tests import UnitTestTouch
from msgspec import structs

from mobile import service
from mobile.carrier import Delivery
from mobile.couriers import Couriers
from mobile.device import dice
from mobile.drafts import Drafts
from mobile.lock import Lock
from mobile.service import opened
from mobile.shell import Place, Settings
from mobile.texts import Words
from mobile.views.chip import Traffic
from mobile.widgets.look import theme
from mobile.widgets.page import Footer
from mobile.widgets.press import HELD_S, SEEN_AT
from sync.transfer import Around
from tests.app import folders
from tests.app.driver import LARGE, Driver

Open = Callable[..., Driver]
EN, ZH = Words("en"), Words("zh")


def under_way(driver: Driver) -> str:
    """The job somebody is working on."""
    jobs = driver.app.phone.queries.jobs()
    return next(job.id for job in jobs if job.status == "working")


def test_language_theme_and_text_size_change_at_once_and_are_kept(app: Open) -> None:
    driver = app("ordinary").go("jobs")
    before = driver.page.height
    assert driver.sees(EN("kit.nav", "today"))
    look = Settings(language="zh", theme="outdoor", text_scale=1.6, list_style="compact")
    driver.app.change(look)
    driver.frames(4)
    assert driver.place == Place("jobs")
    assert driver.sees(ZH("kit.nav", "today"))
    assert not driver.sees(EN("kit.nav", "today"))
    assert (theme.name, driver.page.height) == ("outdoor", before)
    red, green, blue = driver.pixels()[-3:]  # the top right corner
    assert [red, green, blue] == [round(share * 255) for share in theme.bg[:3]]
    folder = driver.folder
    assert folder is not None
    driver.stop()
    drafts = Drafts(folder)
    kept = drafts.read("app/settings")
    drafts.close()
    assert kept == '{"language":"zh","theme":"outdoor","text_scale":1.6,"list_style":"compact"}'


def test_an_act_rings_the_courier_and_is_shown_at_once(app: Open) -> None:
    driver = app("ordinary").go("jobs")
    on = ("work_order", under_way(driver))
    rung: list[bool] = []
    driver.app.couriers.ring = lambda: rung.append(True)
    assert driver.app.say("note.add", on, {"text": "Filter replaced", "audience": "internal"})
    assert rung == [True]
    assert driver.app.chip().state == "waiting"


def test_a_refusal_is_told_in_words_and_nothing_is_recorded(app: Open) -> None:
    driver = app("ordinary", language="zh")
    on = ("work_order", under_way(driver))
    before = len(driver.app.phone.queries.outbox())
    refused = driver.app.record("work_order.accept", on, {})
    assert refused is not None
    assert not driver.app.say("work_order.accept", on, {})
    driver.frames(2)
    assert driver.sees(ZH.explain(refused))
    assert len(driver.app.phone.queries.outbox()) == before


def test_what_is_told_in_passing_goes_by_itself_and_can_be_acted_on(app: Open) -> None:
    driver = app("empty")
    done: list[str] = []
    driver.app.note("Gone", action=("Undo", lambda: done.append("undone")))
    driver.frames(3)
    driver.tap("Undo", "PushButton")
    assert (done, driver.sees("Gone")) == (["undone"], False)
    driver.app.note("First")
    driver.app.note("Second")
    driver.frames(2)
    assert (driver.sees("First"), driver.sees("Second")) == (False, True)
    driver.tap("Second", "Toast")
    assert not driver.sees("Second")


def test_what_is_told_in_passing_covers_neither_button_nor_bar(app: Open) -> None:
    driver = app("ordinary", language="zh", text_scale=1.6)
    for screen, args in (("work_order", {"id": under_way(driver)}), ("today", {})):
        driver.go(screen, **args)
        driver.app.note(ZH("kit.note", "no_location") * 5, tone="danger")
        driver.frames(3)
        (toast,) = driver.widgets("Toast")
        below = [*driver.widgets("Footer"), *driver.widgets("BottomBar")]
        assert [type(one).__name__ for one in below if one.top > toast.y] == []


def test_what_was_told_on_one_screen_does_not_cover_the_foot_of_the_next(app: Open) -> None:
    driver = app("ordinary", size=LARGE)
    job = under_way(driver)
    driver.go("bill", id=job)
    driver.app.note(EN("kit.note", "no_location"))
    driver.app.go(Place("sign_off", {"id": job, "purpose": "visit"}))
    driver.frames(5)
    (toast,) = driver.widgets("Toast")
    (foot,) = driver.widgets("Footer")
    assert toast.y >= foot.top > 0


def test_what_is_told_while_a_sheet_is_open_covers_none_of_its_buttons(app: Open) -> None:
    driver = app("ordinary", text_scale=1.6)
    driver.go("today")
    driver.app.show_sheet("outcome", job=under_way(driver), outcome="done")
    driver.still()
    driver.app.note(EN("kit.note", "no_room"), tone="danger")
    driver.frames(3)
    (toast,) = driver.widgets("Toast")
    (foot,) = [one for one in driver.sheet.walk() if isinstance(one, Footer) and one.height]
    top = foot.to_window(*foot.pos)[1] + foot.height
    assert top > 0
    assert 0 <= toast.y - top < dp(20), "right above them"


def test_news_are_drawn_when_the_finger_has_left_the_window(app: Open) -> None:
    driver = app("ordinary")
    driver.go("work_order", id=under_way(driver))
    drawn: list[str] = []
    driver.page.refresh = lambda: drawn.append("anew")
    touch = UnitTestTouch(2, 2)
    touch.touch_down()
    driver.app.refresh()
    driver.frames(5)
    assert drawn == []
    touch.touch_up()
    driver.frames(4)
    assert drawn == ["anew"]


def test_a_finger_that_was_never_seen_to_leave_does_not_hold_the_news_up_for_ever(
    app: Open,
) -> None:
    driver = app("ordinary")
    drawn: list[str] = []
    driver.page.refresh = lambda: drawn.append("anew")
    touch = UnitTestTouch(2, 2)
    touch.touch_down()
    touch.ud[SEEN_AT] = Clock.get_boottime() - HELD_S
    driver.app.refresh()
    driver.frames(2)
    touch.touch_up()
    assert drawn == ["anew"]


def test_an_app_that_is_closed_under_a_finger_draws_nothing_any_more(app: Open) -> None:
    driver = app("ordinary")
    touch = UnitTestTouch(2, 2)
    touch.touch_down()
    driver.app.refresh()
    drawn: list[str] = []
    driver.page.refresh = lambda: drawn.append("anew")
    driver.stop()
    touch.touch_up()
    driver.frames(3)
    assert drawn == []


def test_the_back_key_closes_the_sheet_and_never_the_app(app: Open) -> None:
    driver = app("ordinary").go("jobs")
    job = under_way(driver)
    driver.go("work_order", id=job)
    driver.app.show_sheet("other", job=job)
    driver.frames(2)
    seen = []
    for _ in range(5):
        seen.append((driver.place.screen, driver.place.sheet))
        driver.back()
    assert seen == [
        ("work_order", "other"),
        ("work_order", ""),
        ("jobs", ""),
        ("today", ""),
        ("today", ""),
    ]


def test_a_touch_beside_a_sheet_puts_it_away_and_reaches_nothing_below(app: Open) -> None:
    driver = app("ordinary")
    job = under_way(driver)
    driver.go("work_order", id=job)
    driver.app.show_sheet("other", job=job)
    driver.frames(3)
    before = driver.place.screen
    driver.press(20, driver.root.height - 30)  # where the way back is
    assert (driver.place.screen, driver.place.sheet) == (before, "")


def test_a_place_of_the_bottom_bar_is_reached_by_a_touch(app: Open) -> None:
    driver = app("ordinary")
    for name in ("jobs", "van", "inbox", "me", "today"):
        driver.tap(EN("kit.nav", name), "NavItem")
        assert (driver.place.screen, driver.root.nav_current) == (name, name)


def test_a_phone_with_a_pin_asks_for_it_first_and_then_shows_where_one_was(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    folder = phone_folder("ordinary")
    driver.start(folder, now_ms=folders.NOW_MS).go("jobs")
    Lock(folder).put("4826", dice)
    driver.again(now_ms=folders.NOW_MS)
    assert driver.place == Place("pin")
    assert driver.root.nav_current == ""
    driver.back()
    assert driver.place == Place("pin")
    driver.app.unlock()
    driver.frames(2)
    assert driver.place == Place("jobs")
    driver.app.lock_now()
    driver.frames(2)
    assert driver.place == Place("pin")


def test_after_a_while_in_the_background_the_pin_is_asked_for_again(app: Open) -> None:
    driver = app("ordinary")
    assert driver.folder is not None
    Lock(driver.folder).put("4826", dice)
    for away_ms, place in ((60_000, "today"), (6 * 60_000, "pin")):
        driver.app.note("Serial 4711 of Blue Bay", action=("Undo", lambda: None))
        assert driver.app.on_pause()
        driver.clock.slept_ms += away_ms
        driver.clock.moment -= 3_600_000  # setting the wall clock back opens nothing
        driver.app.on_resume()
        driver.frames(2)
        assert driver.place.screen == place
        assert driver.sees("Serial 4711 of Blue Bay") == (place == "today")


@pytest.fixture
def traffic(phone_folder: Callable[[str], Path]) -> Any:
    """The couriers of a phone whose server nobody answers at; what they told."""
    acts: list[Callable[[], None]] = []
    moved: list[bool] = []
    couriers = Couriers(
        phone_folder("ordinary"), acts.append, lambda *, changed: moved.append(changed)
    )
    yield couriers, acts, moved
    couriers.stop()


def test_couriers_tell_in_the_window_s_own_thread_what_they_met(
    traffic: Any, driver: Driver
) -> None:
    couriers, acts, moved = traffic
    assert couriers.traffic == Traffic()
    couriers.start()
    couriers.start()
    driver.until(lambda: len(acts) >= 2)
    assert (couriers.traffic, moved) == (Traffic(), [])
    for act in list(acts):
        act()
    assert couriers.traffic == Traffic(reached=False)
    assert moved[-1] is True
    couriers.ring()
    driver.until(lambda: len(acts) >= 4)
    couriers.look()
    couriers.stop()


def test_files_wait_for_ops_but_not_for_a_conversation_without_any(
    phone_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def carry(_phone: object, around: Around, *_pace: object, progress: object) -> Delivery:
        waited.append(around.ops_wait())
        return Delivery(files_sent=0, pending_files=0, pending_bytes=0)

    monkeypatch.setattr(service, "carry", carry)
    for name in ("ordinary", "empty"):
        couriers = Couriers(phone_folder(name), lambda _act: None, lambda **_moved: None)
        meanwhile = partial(couriers._carry, lambda: None)
        monkeypatch.setattr(service, "talk", lambda *_, meanwhile=meanwhile, **__: meanwhile())
        couriers._talk(lambda: None)
    assert waited == [True, False]


def test_two_conversations_do_not_stand_in_each_other_s_way(
    phone_folder: Callable[[str], Path],
) -> None:
    """C40."""
    folder = phone_folder("ordinary")
    with opened(folder) as one, opened(folder) as other:
        assert one is not None
        assert other is not None
        assert one.queries.waiting() == other.queries.waiting()


def test_settings_that_cannot_be_read_are_the_usual_ones(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    folder = phone_folder("empty")
    drafts = Drafts(folder)
    drafts.keep("app/settings", '{"theme": "pink"}')
    drafts.close()
    driver.start(folder)
    assert structs.replace(driver.app.settings, language=None, theme=None) == Settings()
