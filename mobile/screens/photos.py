"""The photos of a job: take one, choose several, and see how safe each of them is."""

from functools import partial
from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp

from mobile.darkroom import Slip
from mobile.device import dice
from mobile.queries import Sheet
from mobile.screens import photo_rows
from mobile.screens.job_page import Card, JobPage
from mobile.shell import Place, Shell
from mobile.views.photos import PhotosView, photos
from mobile.widgets.buttons import PushButton
from mobile.widgets.page import Abreast, Footer
from mobile.widgets.pictures import thumbnails
from mobile.widgets.press import rest
from shared.errors import Refused
from shared.ids import RANDOM_BYTES, uuid7

PICK_MAX: Final = 10  # pictures of the gallery at once
TILE_DP: Final = 200  # where a tile would be wider, there is one more beside it


class PhotosScreen(JobPage):
    """What is still to be taken, then what was. Nothing here waits for a network or a decoder."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        words = self.words
        self.told: set[str] = set()  # what went wrong and was said already
        self.foot = Footer()
        self.camera = PushButton(text=words("photos", "camera"), icon="photo_camera")
        self.camera.bind(on_release=lambda *_: self.take())
        self.gallery = PushButton(
            text=words("photos", "gallery"), icon="photo_library", kind="outline"
        )
        self.gallery.bind(on_release=lambda *_: self.pick())
        line = Abreast(size_hint_y=None, spacing=dp(8))
        line.bind(minimum_height=line.setter("height"))
        line.bind(width=self._fit)
        line.add_widget(self.camera)
        line.add_widget(self.gallery)
        self.foot.add_widget(line)
        self.add_widget(self.foot)

    def draw(self, sheet: Sheet) -> None:
        """Draw what is still to be taken, then rows of what there is."""
        shell, words, job = self.shell, self.words, sheet.order.id
        self.title = words("photos", "title")
        self.subtitle = words.called(sheet.order)
        shell.darkroom.resume(shell.phone.owner.person, shell.now)
        slips = shell.darkroom.waiting(job)
        view = photos(sheet, shell.phone.queries.photos(job), slips, words, shell.now)
        self.camera.disabled = self.gallery.disabled = not view.is_open
        self.lay(self._cards(view) if view.slots or view.tiles else [])
        if not view.slots and not view.tiles:
            self.say_empty("photo_camera", view.progress, view.detail)
        self._tell(slips)

    def _fit(self, line: Abreast, width: float) -> None:
        """Where the words of both have no room beside each other, the gallery is its icon alone."""
        words = self.words("photos", "gallery")
        self.gallery.text = words
        if self.camera.natural + line.spacing + self.gallery.natural > width:
            self.gallery.text = ""
        self.gallery.a11y = words

    def style(self, name: str) -> dict[str, Any]:
        """The pictures stand on the ground itself."""
        return {"is_card": False, "pad_dp": 0} if name.startswith("row:") else {}

    def leave(self) -> None:
        """Keep no picture in memory that nobody looks at."""
        super().leave()
        self.forget()
        thumbnails.clear()

    def tapped(self, name: str) -> None:
        """Take what is asked for, or look at what there is."""
        assert self.sheet is not None
        what, _, identity = name.partition(":")
        job = self.sheet.order.id
        if what == "slot":
            self.take(identity)
        elif what == "photo":
            self.shell.go(Place("photo", {"id": job, "photo": identity}))
        elif what == "raw" and identity in self._failed():
            self.shell.show_sheet("raw_photo", job=job, slip=identity)

    def take(self, slot: str = "") -> None:
        """Open the camera, once."""
        if self.sheet is None:
            return
        rest.begin()
        slip = self._slip(slot)
        path = self._reserved(slip)
        if path is not None:
            self.shell.adapters.camera.take(path, partial(self._taken, slip))

    def pick(self) -> None:
        """Let several of the newest pictures be chosen."""
        if self.sheet is None:
            return
        rest.begin()
        slips = [self._slip() for _ in range(PICK_MAX)]
        paths = [self._reserved(one) for one in slips]
        there = [path for path in paths if path is not None]
        if len(there) == len(slips):
            self.shell.adapters.camera.pick(there, partial(self._picked, slips))

    def _cards(self, view: PhotosView) -> list[Card]:
        cards: list[Card] = [
            (
                "progress",
                (view.progress, view.detail, view.share),
                partial(photo_rows.progress, view=view),
            )
        ]
        if view.slots:
            draw = partial(
                photo_rows.slots, empty=view.slots, words=self.words, is_open=view.is_open
            )
            cards.append(("slots", (view.slots, view.is_open), draw))
        columns = max(2, int(self.width / dp(TILE_DP)))
        for first in range(0, len(view.tiles), columns):
            tiles = view.tiles[first : first + columns]
            draw = partial(photo_rows.row, tiles=tiles, columns=columns)
            cards.append((f"row:{first}", (tiles, columns), draw))
        return cards

    def _slip(self, slot: str = "") -> Slip:
        assert self.sheet is not None
        return Slip(
            id=uuid7(self.shell.now, dice(RANDOM_BYTES)),
            person=self.shell.phone.owner.person,
            job=self.sheet.order.id,
            at=self.shell.now,
            slot=slot,
            asset=self.sheet.order.asset_id,
        )

    def _reserved(self, slip: Slip) -> Path | None:
        """Where a picture may be put; None, and said in words, where there is no room for one."""
        path = self.shell.darkroom.reserve(slip)
        if isinstance(path, Refused):
            self.shell.note(self.words.explain(path), tone="danger")
            return None
        return path

    def _taken(self, slip: Slip, path: Path | None) -> None:
        if path is None:
            self.shell.darkroom.discard(slip.id)
            self.shell.note(self.words("photos", "no_picture"))
            return
        self.shell.darkroom.put(slip)
        self.shell.refresh()

    def _picked(self, slips: list[Slip], count: int) -> None:
        for slip in slips[:count]:
            self.shell.darkroom.put(slip)
        for slip in slips[count:]:
            self.shell.darkroom.discard(slip.id)
        code = "picked" if count else "none_picked"
        self.shell.note(self.words("photos", code, count=count))
        self.shell.refresh()

    def _failed(self) -> set[str]:
        job = self.args.get("id", "")
        return {one.id for one in self.shell.darkroom.waiting(job) if one.fault}

    def _tell(self, slips: tuple[Slip, ...]) -> None:
        """Say at once, in words, what went wrong with a picture; once each."""
        new = [one.id for one in slips if one.fault and one.id not in self.told]
        self.told.update(new)
        if new and not self.shell.here().sheet:
            self.shell.show_sheet("raw_photo", job=self.args["id"], slip=new[-1])
