"""Finding a part, using it, ordering it, and taking a use back."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted, job_rows
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.views.parts import (
    Found,
    Picked,
    amount_of,
    found,
    held,
    more,
    picked,
)
from mobile.widgets.choices import Choice, Stepper
from mobile.widgets.fields import SearchField, TextField
from mobile.widgets.text import Para
from shared.amounts import LINE_CHARS_MAX, quantity_text, tidy
from shared.parts import Part
from shared.typed import quantity as quantity_of

SHOWN_MAX: Final = 20
WORDS: Final = "in words"  # the zone of what is ordered in words


class FindPartSheet(Asking):
    """Which part: by name, number or bar code. `args["purpose"]` is `use` or `order`."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the field, and what is in the van until something is typed."""
        words = self.words
        self.purpose = self.args.get("purpose", "use")
        self.title = words("job_parts", "add" if self.purpose == "use" else "order")
        text = self.read("find", self.purpose)
        self.field = SearchField(
            hint=words("job_parts", "find"), text=text, clear_a11y=words("kit.act", "clear")
        )
        self.field.bind(on_typed=self._typed, on_enter=self._entered)
        self.add_widget(self.field)
        self.list = Drawn(is_card=False, pad_dp=0)
        self.rows(self.list, self._picked)
        self._show(text)

    def _typed(self, _field: TextField, text: str) -> None:
        self.shell.drafts.keep(self.key("find", self.purpose), text)
        self._show(text)

    def _entered(self, field: TextField) -> None:
        """A scanner types a code and presses Enter: the part of that code is meant."""
        part = self.shell.phone.queries.part_named(field.text.strip())
        if part is not None:
            self._picked(part.id)

    def _show(self, text: str) -> None:
        queries = self.shell.phone.queries
        van = queries.van()
        lines = queries.find_parts(text) if text.strip() else van.lines if van is not None else ()
        known = [line.part for line in lines][:SHOWN_MAX]
        shown = found(known, held(van), self.words)
        self.list.show(partial(self._draw, shown=shown, text=text.strip()))

    def _draw(self, pen: Pen, shown: tuple[Found, ...], text: str) -> None:
        words = self.words
        if not text:
            pen.text(
                words("job_parts", "van_first" if shown else "type_to_find"), "label", "text_2"
            )
            pen.gap()
        if text and not shown:
            pen.text(words("job_parts", "nothing_found"), "body_strong")
            pen.gap(2)
            pen.text(words("job_parts", "nothing_found_detail"), "body", "text_2")
            pen.gap()
        for index, one in enumerate(shown):
            if index:
                pen.line()
                pen.gap(10)
            job_rows.found(pen, one.part, (one.name, one.number), (one.van, one.van_tone))
        if text and (self.purpose == "order" or not shown):
            if shown:
                pen.line()
            line = (words("job_parts", "in_words", text=text), "body_strong", "text")
            pen.row(WORDS, [line], "edit_note", tone="primary")

    def _picked(self, part: str) -> None:
        job, text = self.args["job"], self.field.text.strip()
        self.shell.drafts.drop(self.key("find", self.purpose))
        if part == WORDS:
            self.shell.show_sheet("order_part", job=job, text=text[:LINE_CHARS_MAX].strip())
        elif self.purpose == "order":
            self.shell.show_sheet("order_part", job=job, part=part)
        else:
            self.shell.show_sheet("use_part", job=job, part=part)


class Measured(Asking):
    """A sheet that asks how much of a part."""

    part: Part | None = None
    name = "use"

    def begin(self, part: str, otherwise: str) -> None:
        """Show which part it is, and read how much of it was begun."""
        queries = self.shell.phone.queries
        self.part = queries.part(part)
        self.van = held(queries.van())
        self.quantity = self.read(self.name, self._what(), "quantity", otherwise=otherwise)
        if self.part is None:
            self.title = self.words("job_parts", "order")
            self.add_widget(Para(text=self.args.get("text", ""), role="body_strong"))
            return
        one = self.about()
        self.title = one.name
        chips = [(one.van, one.van_tone, "")]
        draw = partial(_about, number=one.number, chips=chips)
        self.add_widget(Drawn(draw, is_card=False, pad_dp=0))

    def about(self) -> Picked:
        """The part, and what is asked with it."""
        assert self.part is not None
        return picked(self.part, self.van, self.quantity, self.words)

    def ask_quantity(self) -> None:
        """A field for what is measured, steps for what is counted."""
        words = self.words
        unit = self.about().unit if self.part is not None else ""
        self.add_widget(Para(text=words("job_parts", "quantity"), role="label", tone="text_2"))
        self.measure: TextField | None = None
        self.stepper: Stepper | None = None
        if self.part is not None and self.about().is_measured:
            key = self.key(self.name, self._what(), "quantity")
            self.measure = drafted.number_field(self.shell, key, else_text=self.quantity, unit=unit)
            self.measure.bind(on_typed=lambda _field, text: self._measured(text))
            self.add_widget(self.measure)
        else:
            serial = self.part is not None and self.part.serialised
            self.stepper = Stepper(
                less_a11y=words("kit.act", "less"), more_a11y=words("kit.act", "plus")
            )
            self.stepper.can_more = not serial
            self.stepper.bind(on_step=lambda _stepper, by: self._stepped(by))
            self.add_widget(self.stepper)
        self.fault = Para(text="", role="body_s", tone="danger")
        self.add_widget(self.fault)

    def show_quantity(self, code: str) -> None:
        """Write the quantity where it stands, and on the button."""
        one = self.about() if self.part is not None else None
        unit = one.unit if one is not None else ""
        shown = quantity_of(self.quantity) or self.quantity
        if self.stepper is not None:
            self.stepper.text = f"{shown} {unit}".strip()
            amount = amount_of(self.quantity) or 0
            self.stepper.can_less = amount > amount_of("1")  # type: ignore[operator]
        self.fault.tone = "warning"
        self.fault.text = one.short if one is not None and self.name == "use" else ""
        self.buttons["confirm"].text = self.words(
            "job_parts", code, quantity=shown, unit=unit
        ).strip()

    def fail(self, text: str) -> None:
        """Say what is wrong beside the quantity."""
        self.fault.tone, self.fault.text = "danger", text

    def drop_drafts(self) -> None:
        """Forget what was begun."""
        self.shell.drafts.clear(self.key(self.name, self._what()) + "/")

    def changed(self) -> None:
        """The quantity is another one."""

    def _what(self) -> str:
        return self.args.get("planned") or self.args.get("use") or self.args.get("part") or "words"

    def _measured(self, text: str) -> None:
        self.quantity = text
        self.changed()

    def _stepped(self, by: int) -> None:
        self.quantity = more(self.quantity, by)
        self.shell.drafts.keep(self.key(self.name, self._what(), "quantity"), self.quantity)
        self.changed()


class UsePartSheet(Measured):
    """How much of a part goes in, its serial number if it has one, and where the old one is."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw what is asked."""
        words = self.words
        self.begin(self.args.get("part", ""), self.args.get("quantity", "1"))
        if self.part is None:
            self.leave_soon()
            return
        self.ask_quantity()
        self.serial: TextField | None = None
        if self.part.serialised:
            self.serial = drafted.text_field(
                self.shell,
                self.key(self.name, self._what(), "serial"),
                label=words("job_parts", "serial"),
                hint=words("job_parts", "serial_hint"),
            )
            self.add_widget(self.serial)
        self.add_widget(Para(text=words("job_parts", "old_part"), role="label", tone="text_2"))
        chosen = self.read(self.name, self._what(), "old")
        self.old = Choice(options=list(self.about().old_parts), value=chosen)
        self.old.bind(on_pick=self._old_picked)
        self.add_widget(self.old)
        self.foot(("confirm", "", "primary", self.use))
        self.changed()

    def changed(self) -> None:
        """Show the quantity."""
        self.show_quantity("confirm_use")

    def use(self) -> None:
        """Record the use; what is wrong stands beside the field."""
        assert self.part is not None
        args: dict[str, Any] = {"part": self.part.id, "quantity": quantity_of(self.quantity)}
        if not args["quantity"]:
            self.fail(self.words("job_parts", "no_quantity"))
            return
        if self.serial is not None:
            args["serial"] = tidy(self.serial.text)
        if self.old.value:
            args["old_part"] = self.old.value
        if self.args.get("planned"):
            args["planned"] = self.args["planned"]
        refused = self.say("parts.use", args)
        if refused is None:
            self.drop_drafts()
            self.done(self.words("job_parts", "used_done"))
        elif refused.field == "args.serial" and self.serial is not None:
            self.serial.error = self.words.explain(refused)
        else:
            self.fail(self.words.explain(refused))

    def _old_picked(self, _choice: Choice, code: str) -> None:
        self.old.value = "" if code == self.old.value else code
        self.shell.drafts.keep(self.key(self.name, self._what(), "old"), self.old.value)


class OrderPartSheet(Measured):
    """How much of a part is wanted, and what for; the store sees it."""

    name = "order"

    def build(self, _sheet: JobSheet) -> None:
        """Draw what is asked."""
        words = self.words
        self.begin(self.args.get("part", ""), "1")
        self.ask_quantity()
        self.note = drafted.text_field(
            self.shell,
            self.key(self.name, self._what(), "note"),
            label=words("job_parts", "note"),
            hint=words("job_parts", "note_hint"),
        )
        self.add_widget(self.note)
        self.foot(("confirm", "", "primary", self.order))
        self.changed()

    def changed(self) -> None:
        """Show the quantity."""
        self.show_quantity("confirm_order")

    def order(self) -> None:
        """Record what is wanted."""
        args: dict[str, Any] = {"quantity": quantity_of(self.quantity)}
        if not args["quantity"]:
            self.fail(self.words("job_parts", "no_quantity"))
            return
        if self.part is not None:
            args["part"] = self.part.id
        else:
            args["text"] = self.args.get("text", "")
        if tidy(self.note.text):
            args["note"] = tidy(self.note.text)
        refused = self.say("parts.order", args)
        if refused is not None:
            self.fail(self.words.explain(refused))
            return
        self.drop_drafts()
        self.done(self.words("job_parts", "ordered_done"))


class TakeBackSheet(Measured):
    """How much of a use was not one."""

    name = "return"

    def build(self, sheet: JobSheet) -> None:
        """Draw the question."""
        words = self.words
        used = next((one for one in sheet.parts if one.use.id == self.args.get("use")), None)
        if used is None or used.part is None:
            self.leave_soon()
            return
        self.left = used.use.amount - (used.use.returned or 0)
        self.begin(used.part.id, quantity_text(self.left))
        self.title = words("job_parts", "take_back_title")
        self.add_widget(Para(text=words("job_parts", "take_back_lead"), tone="text_2"))
        self.ask_quantity()
        self.foot(("confirm", "", "primary", self.take_back))
        self.changed()

    def changed(self) -> None:
        """Show the quantity; never more than was used."""
        if (amount_of(self.quantity) or 0) > self.left:
            self.quantity = quantity_text(self.left)
        self.show_quantity("confirm_return")
        if self.stepper is not None:
            self.stepper.can_more = (amount_of(self.quantity) or 0) < self.left

    def take_back(self) -> None:
        """Record it."""
        given = quantity_of(self.quantity)
        refused = self.say("parts.return", {"use": self.args["use"], "quantity": given or "0"})
        if refused is not None:
            self.fail(self.words.explain(refused))
            return
        self.drop_drafts()
        self.done(self.words("job_parts", "returned_done"))


def _about(pen: Pen, number: str, chips: Sequence[tuple[str, str, str]]) -> None:
    pen.text(number, "body", "text_2")
    pen.gap(6)
    pen.chips(chips)
