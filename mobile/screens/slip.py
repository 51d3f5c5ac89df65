"""The photo of a payment's slip: taken while the payment is asked for, and attached to it."""

from functools import partial
from pathlib import Path
from typing import Any

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from mobile.darkroom import Slip
from mobile.device import dice
from mobile.shell import Shell
from mobile.views.payment import SLIP_SLOT, SlipState, slip_of
from mobile.widgets.buttons import PushButton
from mobile.widgets.press import rest
from mobile.widgets.text import Para
from shared.errors import Refused
from shared.ids import RANDOM_BYTES, uuid7


class SlipPhoto(BoxLayout):
    """A button for the camera, and how the picture stands. Only the company sees the photo."""

    def __init__(self, shell: Shell, job: str, **given: Any) -> None:
        super().__init__(orientation="vertical", size_hint_y=None, height=0, spacing=dp(6), **given)
        self.bind(minimum_height=self.setter("height"))
        self.shell, self.job = shell, job
        self.button = PushButton(icon="photo_camera", kind="outline")
        self.button.bind(on_release=lambda *_: self.take())
        self.told = Para(text="", role="body_s")
        self.add_widget(self.button)
        self.add_widget(self.told)
        self.show()

    def state(self) -> SlipState:
        """Whether there is a photo that no payment has yet."""
        bill = self.shell.phone.queries.bill(self.job)
        photos = [one.photo for one in self.shell.phone.queries.photos(self.job)]
        paid = bill.payments if bill is not None else ()
        return slip_of(photos, paid, self.shell.darkroom.waiting(self.job))

    def show(self) -> None:
        """Say how it stands."""
        words, found = self.shell.words, self.state()
        self.button.text = words(
            "bill_payment", "slip_take" if found.code == "none" else "slip_again"
        )
        self.tell("" if found.code == "none" else words("bill_payment", f"slip_{found.code}"))

    def tell(self, text: str, *, is_wrong: bool = False) -> None:
        """Say something of the picture."""
        self.told.text = text
        self.told.tone = "danger" if is_wrong or self.state().code == "failed" else "text_2"

    def take(self) -> None:
        """Open the camera, once."""
        rest.begin()
        words, now = self.shell.words, self.shell.now
        slip = Slip(
            id=uuid7(now, dice(RANDOM_BYTES)),
            person=self.shell.phone.owner.person,
            job=self.job,
            at=now,
            slot=SLIP_SLOT,
            caption=words("bill_payment", "slip"),
            audience="internal",
        )
        path = self.shell.darkroom.reserve(slip)
        if isinstance(path, Refused):
            self.tell(words.explain(path), is_wrong=True)
            return
        self.shell.adapters.camera.take(path, partial(self._taken, slip))

    def _taken(self, slip: Slip, path: Path | None) -> None:
        if path is None:
            self.shell.darkroom.discard(slip.id)
            self.tell(self.shell.words("photos", "no_picture"))
            return
        self.shell.darkroom.put(slip)
        self.shell.refresh()
