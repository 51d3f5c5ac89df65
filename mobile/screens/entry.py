"""One entry of the outbox: what it says, why it is not well, and what can be done about it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from kivy.properties import ListProperty, ObjectProperty, StringProperty

from mobile.screens import offers
from mobile.screens.offers import Offer
from mobile.screens.outbox import look
from mobile.shell import Place
from mobile.views.outbox import Entry, args_in, entry
from mobile.views.repair import RepairField, repair_fields, repaired
from mobile.widgets.blocks import KeyValue
from mobile.widgets.choices import Choice
from mobile.widgets.fields import NumberField, TextField
from mobile.widgets.look import load
from mobile.widgets.page import Sheet
from mobile.widgets.text import Para

REASONS: Final = ("by_mistake", "recorded_again", "no_longer_needed")
LONG_ROWS: Final = 4


class EntrySheet(Sheet):
    """An entry; `args` name the op's `id`."""

    entry = ObjectProperty(None, allownone=True)
    why = StringProperty("")

    def refresh(self) -> None:
        """Read the entry anew and draw it."""
        shell = self.shell
        lines = shell.phone.queries.outbox(shell.words.catalogue)
        found = entry(lines, self.args.get("id", ""), look(shell), shell.words, shell.now)
        self.entry = found
        self.title = found.what if found is not None else shell.words("outbox", "gone")
        self.why = found.why if found is not None else ""
        self.ids.facts.clear_widgets()
        for name, value in self._facts(found) if found is not None else ():
            self.ids.facts.add_widget(KeyValue(name=self.words("outbox", name), value=value))

        wanted = list(self._offers(found))
        offers.put(self.ids.first, [one for one in wanted if one.kind == "primary"])
        offers.put(self.ids.others, [one for one in wanted if one.kind != "primary"])

    def repair(self) -> None:
        """Change what was wrong."""
        self.shell.show_sheet("repair", **self.args)

    def give_up(self) -> None:
        """Ask whether it shall be given up."""
        self.shell.show_sheet("give_up", **self.args)

    def settle(self) -> None:
        """It has been seen: the office has decided."""
        if self.entry is None:
            return
        notices = self.shell.phone.queries.inbox()
        about = [one.id for one in notices if one.op_id == self.entry.op_id]
        self.shell.close_sheet()
        self.shell.acknowledge(about, self.entry.op_id)

    def show_job(self) -> None:
        """Show the job it was recorded on."""
        if self.entry is not None:
            self.shell.close_sheet()
            self.shell.go(Place("work_order", {"id": self.entry.job}))

    def _offers(self, found: Entry | None) -> Iterator[Offer]:
        if found is None:
            return
        say = partial(self.words, "outbox")
        if found.may_repair:
            yield Offer(say("repair"), self.repair, "primary", "edit")
        if found.may_settle:
            yield Offer(say("understood"), self.settle, "primary", "check")
        if found.job:
            icon = "" if found.may_give_up else "assignment"  # two stand in one line
            yield Offer(say("show_job"), self.show_job, "outline", icon)
        if found.may_give_up:
            icon = "" if found.job else "delete"  # the words of both fit beside each other
            yield Offer(say("give_up"), self.give_up, "danger", icon)

    def _facts(self, found: Entry) -> list[tuple[str, str]]:
        facts = [("entry", found.detail), ("when", found.when), ("state", found.state)]
        return [(name, value) for name, value in facts if value]


class RepairSheet(Sheet):
    """Correcting an entry; `args` name the op's `id`. What was typed is kept as it is typed."""

    nothing = StringProperty("")

    def refresh(self) -> None:
        """Draw the fields, with what was typed before."""
        if self.ids.fields.children:
            return
        self.title = self.words("outbox", "repair_title")
        kind, said = self._kind(), self._said()
        fields = repair_fields(kind, said, self.words, self._drafted())
        self.nothing = "" if fields else self.words("outbox", "repair_none")
        for one in fields:
            for widget in self._field(one):
                self.ids.fields.add_widget(widget)

    def send(self) -> None:
        """Say it again, corrected."""
        op_id = self._op_id()
        args = repaired(self._said(), self._drafted())
        if self.shell.say("op.repair", ("op", op_id), {"of": op_id, "args": args}):
            self.shell.drafts.drop(self._key())
            self.shell.close_sheet()
            self.shell.note(self.words("outbox", "corrected"))

    def _field(self, field: RepairField) -> list[Any]:
        if field.input == "choice":
            label = Para(text=field.label, role="label", tone="text_2")
            choice = Choice(options=list(field.choices), value=field.value)
            choice.bind(on_pick=lambda _, key: self._choose(choice, field.path, key))
            return [label, choice]
        kind = NumberField if field.input == "number" else TextField
        rows = LONG_ROWS if field.input == "text" else 1
        made = kind(label=field.label, text=field.value, rows=rows)
        made.editor = self.shell.adapters.text_entry.edit if kind is TextField else None
        made.bind(on_typed=lambda _, text: self._keep(field.path, text))
        return [made]

    def _choose(self, choice: Choice, path: str, key: str) -> None:
        choice.value = key
        self._keep(path, key)

    def _keep(self, path: str, value: str) -> None:
        drafted = {**self._drafted(), path: value}
        self.shell.drafts.keep(self._key(), msgspec.json.encode(drafted).decode())

    def _drafted(self) -> dict[str, str]:
        kept = self.shell.drafts.read(self._key())
        return msgspec.json.decode(kept, type=dict[str, str]) if kept else {}

    def _said(self) -> dict[str, Any]:
        found = self.shell.phone.replica.known_as(self._op_id())
        return args_in(found.body) if found is not None else {}

    def _kind(self) -> str:
        found = self.shell.phone.replica.known_as(self._op_id())
        return found.kind if found is not None else ""

    def _op_id(self) -> str:
        return self.args.get("id", "")

    def _key(self) -> str:
        return f"repair/{self._op_id()}"


class GiveUpSheet(Sheet):
    """Giving an entry up; `args` name the op's `id`. It asks why, which is also the question."""

    options = ListProperty()
    chosen = StringProperty("")

    def refresh(self) -> None:
        """Draw the question."""
        self.title = self.words("outbox", "give_up_title")
        self.options = [(code, self.words("outbox", code)) for code in REASONS]
        self.chosen = self.shell.drafts.read(self._key()) or ""

    def choose(self, reason: str) -> None:
        """A reason was pressed."""
        self.chosen = reason
        self.shell.drafts.keep(self._key(), reason)

    def give_up(self) -> None:
        """Give it up."""
        op_id = self.args.get("id", "")
        reason = self.words("outbox", self.chosen)
        if self.shell.say("op.discard", ("op", op_id), {"of": op_id, "reason": reason}):
            self.shell.drafts.drop(self._key())
            self.shell.close_sheet()
            self.shell.note(self.words("outbox", "given_up"))

    def _key(self) -> str:
        return f"give_up/{self.args.get('id', '')}"


load(Path(__file__))
