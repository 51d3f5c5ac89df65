"""The app: opens the phone, shows its screens, keeps where one is, and sends out the couriers."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
from kivy.app import App
from kivy.base import ExceptionManager
from kivy.clock import Clock
from kivy.core.window import Window
from msgspec import structs

from mobile import adapters, service, trail
from mobile.adapters import ON_ANDROID
from mobile.adapters.ports import Host
from mobile.couriers import Couriers, beside, join
from mobile.darkroom import Darkroom
from mobile.database import UNREADABLE
from mobile.device import Clock as DeviceClock
from mobile.drafts import Drafts
from mobile.gate import ENROL, Gate
from mobile.journal import Said
from mobile.lock import Lock
from mobile.screens import ROOTS, SCREENS, SHEETS, bar, made
from mobile.service import Phone
from mobile.shell import Action, Place, Settings, settings_of, spares
from mobile.theme import Named
from mobile.views.chip import SyncChip, Traffic, chip
from mobile.widgets.attire import Attire
from mobile.widgets.hosting import Catcher, copied, later
from mobile.widgets.look import theme
from mobile.widgets.page import Page, Sheet
from mobile.widgets.press import is_touched
from mobile.widgets.stage import Stage
from shared.errors import Refused
from shared.records import Aggregate
from shared.texts import Language

SETTINGS: Final = "app/settings"
TRAIL: Final = "app/trail"
ESCAPE: Final = 27
LOOK_S: Final = 2.0  # so long a network may be there before it is used
START_S: Final = 0.2  # after the first frame: what a courier needs is slow to load


class FieldfareApp(App):
    """One window over one installation's folder. It is the `Shell` of its screens."""

    title = "Fieldfare"

    def __init__(
        self,
        folder: Path,
        language: Language | None = None,
        *,
        talks: bool = True,
        clock: DeviceClock | None = None,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._talks = talks
        self._clock = clock or DeviceClock()
        self._open = ExitStack()
        self._phone: Phone | None = None
        self._pages: dict[str, Page] = {}
        self._laid: Place | None = None
        self._timers: tuple[Any, ...] = ()
        self._stopped = False
        self.drafts = Drafts(folder, self._full)
        self.lock = Lock(folder)
        self.gate = Gate(self.lock)
        self.adapters = adapters.choose(folder, Host(copy=copied, later=later))
        self._attire = Attire(language, self.adapters.surroundings)
        self.settings = settings_of(self.drafts.read(SETTINGS))
        network = self.adapters.connectivity.network
        self.couriers = Couriers(folder, later, self._moved, lambda: spares(self), network)
        self.refresh = Clock.create_trigger(self._redraw)
        self.darkroom = Darkroom(folder, later, self.record, self.refresh)
        self._catcher = Catcher(UNREADABLE, self.caught)
        self.dress()
        self._open_phone()
        kept = self.drafts.read(TRAIL)
        self._trail = trail.read(kept, tuple(ROOTS), frozenset(SCREENS), frozenset(SHEETS))
        self.hold = self._trail.hold

    @property
    def phone(self) -> Phone:
        """The installation."""
        assert self._phone is not None, "this phone is nobody's yet"
        return self._phone

    @property
    def is_enrolled(self) -> bool:
        """Whether this phone belongs to somebody yet, and what it holds can be read."""
        return self._phone is not None and not self._stopped

    @property
    def theme(self) -> Named:
        """The theme that is shown."""
        return self._attire.theme(self.settings)

    @property
    def now(self) -> int:
        """The wall clock, in milliseconds."""
        return self._clock.now().wall

    @property
    def traffic(self) -> Traffic:
        """What the couriers are at."""
        return self.couriers.traffic

    def say(
        self, kind: str, on: Aggregate, args: dict[str, Any], *, visit: str | None = None
    ) -> bool:
        """One act; a refusal is shown in words."""
        refused = self.record(kind, on, args, visit=visit)
        if refused is not None:
            self.note(self.words.explain(refused), tone="danger")
        return refused is None

    def record(
        self, kind: str, on: Aggregate, args: dict[str, Any], *, visit: str | None = None
    ) -> Refused | None:
        """One act; a refusal is returned."""
        try:
            done = service.record(self.phone, Said(kind=kind, on=on, args=args, visit=visit))
        except service.TROUBLES as ended:
            return service.trouble(ended)
        if isinstance(done, Refused):
            return done
        self.couriers.ring()
        self.refresh()
        return None

    def acknowledge(self, notices: Iterable[str], op_id: str | None = None) -> None:
        """Keep that its person has read these notices, and what became of an op."""
        try:
            self.phone.journal.acknowledge(notices, op_id)
        except service.TROUBLES as ended:
            self.note(self.words.explain(service.trouble(ended)), tone="danger")
        self.refresh()

    def go(self, place: Place) -> None:
        """Show a screen."""
        if self.gate.trouble is not None:
            self.gate.trouble = None
            if place.screen != ENROL:
                self._open_phone()
        self._trail.go(place)
        self._arrive()

    def replace(self, place: Place) -> None:
        """Be at another place instead."""
        self._trail.replace(place)
        self._arrive()

    def back(self) -> None:
        """Close the sheet, or go where one came from."""
        if self.here() is self._trail.top and (self.root.step_back() or self._trail.back()):
            self._arrive()
        elif ON_ANDROID:
            self.stop()

    def show_sheet(self, name: str, **args: str) -> None:
        """Lay a sheet over the screen."""
        self._trail.open_sheet(name, args)
        self._arrive()

    def close_sheet(self) -> None:
        """Take the sheet away."""
        self._trail.close_sheet()
        self._arrive()

    def note(self, text: str, *, action: Action | None = None, tone: str = "") -> None:
        """Tell something in passing."""
        self.root.tell(text, action, tone)

    def chip(self) -> SyncChip:
        """How this phone stands with the office."""
        return chip(self.traffic, self.phone.queries.waiting(), self.words)

    def ring(self) -> None:
        """Talk to the office as soon as one may."""
        self.couriers.ring()

    def change(self, settings: Settings) -> None:
        """Keep other settings, and show everything by them at once."""
        self.drafts.keep(SETTINGS, msgspec.json.encode(settings).decode())
        if settings.language != self.settings.language:
            self._attire.language = None
        self.settings = settings
        self.dress()
        self._build_anew()

    def enrol(self, text: str, server: str, ended: Callable[[Refused | None], None]) -> None:
        """Make this phone somebody's, in the background."""
        beside(
            lambda: join(self._folder, text, server, locked=self.gate.is_locked),
            lambda failed: later(lambda: self._enrolled(failed, ended)),
        )

    def unlock(self) -> None:
        """Show what lies behind the PIN."""
        self.gate.unlock()
        self._arrive()

    def lock_now(self) -> None:
        """Ask for the PIN, if there is one."""
        self.gate.lock()
        self._arrive()

    def caught(self, wrong: Exception) -> bool:
        """Whether something that went wrong becomes a screen, instead of the app's end."""
        self.gate.trouble = service.fault_in(wrong)
        if self.gate.trouble is not None:
            self._arrive()
        return self.gate.trouble is not None

    def build(self) -> Stage:
        """The first screen, from what is on this phone."""
        ExceptionManager.add_handler(self._catcher)
        Window.clearcolor = theme.bg
        Window.softinput_mode = "below_target"
        Window.bind(on_keyboard=self._pressed_key)
        self.root = self._stage()
        with self._catcher:
            self._arrive()
        return self.root

    def on_start(self) -> None:
        """Wait until there is something to see."""
        Window.bind(on_flip=self._seen)

    def _seen(self, *_: Any) -> None:
        """The first frame is shown: send the couriers out."""
        Window.unbind(on_flip=self._seen)
        self._timers = (
            Clock.schedule_once(lambda _: self._send_out(), START_S),
            Clock.schedule_interval(lambda _: self.couriers.look(), LOOK_S),
        )

    def end(self) -> None:
        """Stop as soon as what is being done is done."""
        later(self.stop)

    def on_pause(self) -> bool:
        """Another app comes to the front: everything is kept already."""
        self.gate.leave(self._clock.now())
        self.couriers.rest()
        return True

    def on_resume(self) -> None:
        """Ask for the PIN after a while, and for news at once."""
        self.gate.come_back(self._clock.now())
        self._arrive()
        self.couriers.wake()
        self.refresh()

    def on_stop(self) -> None:
        """Let everything go."""
        self._stopped = True
        ExceptionManager.remove_handler(self._catcher)
        Window.unbind(on_keyboard=self._pressed_key, on_flip=self._seen)
        for timer in self._timers:
            timer.cancel()
        self.couriers.stop()
        self.darkroom.stop()
        self._open.close()
        self.drafts.close()

    def dress(self) -> None:
        self.words = self._attire.put_on(self.settings)

    def _full(self) -> None:
        """What is typed finds no room on the disk."""
        later(lambda: self.note(self.words("kit.note", "no_room"), tone="danger"))

    def _open_phone(self) -> None:
        """Open what is in the folder; what is wrong with it becomes a screen."""
        self._open.close()
        self._phone, self.gate.trouble = None, None
        try:
            found = self._open.enter_context(service.opened(self._folder))
            self._phone = structs.replace(found, clock=self._clock) if found else None
        except service.TROUBLES as ended:
            self.gate.trouble = service.trouble(ended)
            if self.gate.falls(self.gate.trouble):
                beside(lambda: service.tell_emptied(self._folder), lambda _: None)

    def _enrolled(self, failed: Refused | None, ended: Callable[[Refused | None], None]) -> None:
        if failed is None:
            was = self._phone.owner.person if self._phone is not None else None
            self._open_phone()
            if was != self.phone.owner.person:  # what somebody else had begun is not theirs
                self.drafts.clear(but=SETTINGS)
            self._trail.begin()
            self._send_out()
            self._arrive()
        ended(failed)

    def _send_out(self) -> None:
        if self._phone is not None:
            self.darkroom.resume(self._phone.owner.person, self.now)
        if self._talks and self._phone is not None:
            self.couriers.start()
            self.couriers.ring()

    def here(self) -> Place:
        """What is to be shown: the way's end, unless something stands before it."""
        return self.gate.place(self._trail.top, self.words, is_enrolled=self.is_enrolled)

    def _arrive(self) -> None:
        """Show the place one is at, and keep it."""
        place = self.here()
        if not self.gate.is_open:
            self.root.hush()  # what was just said, and its button, lie behind it, too
        if place is self._trail.top:
            self.drafts.keep(TRAIL, self._trail.text())
        page = self._page(place.screen)
        elsewhere = page.args != place.args
        if page is not self.root.page or elsewhere:
            self.root.put(page)
            page.show(place.args)
            if elsewhere:
                self.root.scroll(1.0)
        self._lay(place)
        self._trim()

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            self._pages[name] = made(SCREENS[name], self)
        return self._pages[name]

    def _lay(self, place: Place) -> None:
        wanted = Place(place.sheet, place.sheet_args) if place.sheet else None
        if wanted == self._laid:
            return
        self._laid = wanted
        sheet: Sheet | None = made(SHEETS[place.sheet], self) if wanted else None
        if sheet is not None:
            sheet.show(place.sheet_args)
        self.root.lay(sheet)

    def _trim(self) -> None:
        """What stands around the screen: the chip, the bottom bar and its counts."""
        page = self.root.page
        assert page is not None
        if page.kept:
            self.root.hush()  # what was told to the technician is nothing for a customer
        known = self.is_enrolled and self.gate.is_open
        waiting = self.phone.queries.waiting() if known else None
        page.chip = chip(self.traffic, waiting, self.words) if waiting else None
        self.root.nav_current = page.nav if known else ""
        self.root.nav_items = bar(waiting, self.words)

    def _redraw(self, *_: Any) -> None:
        """Draw anew what is shown, as something has changed."""
        if self._stopped:
            return
        if is_touched():  # what is pressed must still be there when it is let go
            self.refresh()
            return
        self.root.redraw()
        self._trim()

    def _moved(self, *, changed: bool) -> None:
        """The couriers met something."""
        if self._stopped:
            return
        if (reached := self.traffic.reached) is not None:
            self.adapters.connectivity.heard(reached=reached)
        if self.is_enrolled and self.gate.falls(self.traffic.trouble):
            self._open_phone()
            self._arrive()
        (self.refresh if changed else self._trim)()

    def _stage(self) -> Stage:
        top, bottom = self.adapters.surroundings.insets()
        stage = Stage(inset_top=top, inset_bottom=bottom)
        stage.bind(on_nav=lambda _stage, name: self.go(Place(name)))
        return stage

    def _build_anew(self) -> None:
        """Everything in other words, colours or sizes, at the same place."""
        scrolled = self.root.scrolled()
        Window.clearcolor = theme.bg
        Window.remove_widget(self.root)
        self._pages.clear()
        self._laid = None
        self.root = self._stage()
        Window.add_widget(self.root)
        self._arrive()
        self.root.scroll(scrolled)

    def _pressed_key(self, _window: Any, key: int, *_rest: Any) -> bool:
        if key == ESCAPE:
            self.back()
        return key == ESCAPE
