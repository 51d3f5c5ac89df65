"""One photo, as large as the screen, with what it shows and what can be done with it."""

from functools import partial
from pathlib import Path
from typing import Any

from kivy.properties import StringProperty

from mobile.queries.photos import Pictured
from mobile.screens import photo_rows
from mobile.screens.drawn import Drawn
from mobile.shell import Place, Shell
from mobile.views.photos import PhotoView, photo
from mobile.widgets.look import load
from mobile.widgets.page import Footer, Page


class PhotoScreen(Page):
    """`args` name the job (`id`) and the `photo`."""

    title = StringProperty("")
    subtitle = StringProperty("")

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.view: PhotoView | None = None
        self.told = Drawn(is_card=False, pad_dp=0)
        self.ids.body.add_widget(self.told)
        self.acts = Drawn(partial(photo_rows.buttons, words=self.words), is_card=False, pad_dp=0)
        self.acts.bind(on_zone=lambda _card, name: self.tapped(name))
        self.foot = Footer()
        self.foot.add_widget(self.acts)
        self.add_widget(self.foot)

    def show(self, args: dict[str, str]) -> None:
        """Show this photo, from its beginning."""
        if args != self.args:
            self.ids.picture.let_go()
            self.ids.body.scroll_y = 1
        super().show(args)

    def leave(self) -> None:
        """Keep no picture in memory that nobody looks at."""
        self.ids.picture.let_go()

    def refresh(self) -> None:
        """Read the photo anew."""
        queries, job = self.shell.phone.queries, self.args.get("id", "")
        sheet = queries.sheet(job)
        found = pictured(queries.photos(job), self.args.get("photo", "")) if sheet else None
        self.view = None
        if sheet is None or found is None:
            self._show_gone()
            return
        view = self.view = photo(sheet, found, self.words, self.shell.now)
        self.title = view.title
        self.subtitle = self.words.called(sheet.order)
        self.ids.picture.look_at(view.thumb, view.full, view.size)
        self.ids.picture.a11y = view.title
        self.told.show(partial(photo_rows.told, view=view, words=self.words))
        self.foot.opacity, self.foot.disabled = (1, False) if view.is_open else (0, True)

    def tapped(self, name: str) -> None:
        """Describe it, draw on it, or take it back."""
        if self.view is None:
            return
        job, identity = self.args["id"], self.view.id
        if name == "draw":
            self.shell.go(Place("draw", {"id": job, "photo": identity}))
        else:
            sheet = {"describe": "caption", "drop": "drop_photo"}[name]
            self.shell.show_sheet(sheet, job=job, photo=identity)

    def _show_gone(self) -> None:
        self.title, self.subtitle = self.words("photos", "photo"), ""
        self.ids.picture.let_go()
        gone, detail = self.words("photos", "gone"), self.words("photos", "gone_detail")
        self.told.show(partial(_gone, title=gone, text=detail))
        self.foot.opacity, self.foot.disabled = 0, True


def pictured(found: tuple[Pictured, ...], identity: str) -> Pictured | None:
    """The photo with this id, if it is still one of the job."""
    return next((one for one in found if one.photo.id == identity), None)


def _gone(pen: Any, title: str, text: str) -> None:
    pen.text(title, "title_s")
    pen.gap(4)
    pen.text(text, "body", "text_2")


load(Path(__file__))
