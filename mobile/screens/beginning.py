"""Another job on the spot: what it is, of which kind, and at which machine of the site."""

from typing import Final

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted
from mobile.screens.job_sheet import Asking
from mobile.shell import Place
from mobile.widgets.choices import Choice
from mobile.widgets.text import Para
from shared.work_order import SERVICES

FOUND: Final = "begin"  # the key under which what is half typed is kept
NO_MACHINE: Final = "none"
MACHINES_MAX: Final = 12  # offered to choose from
OFFERED: Final = tuple(one for one in SERVICES if one != "internal")


class BeginSheet(Asking):
    """What was found beside the job one is on. It is a job at once, network or not."""

    def build(self, sheet: JobSheet) -> None:
        """Ask for it in words, its kind, and the machine."""
        words = self.words
        self.title = words("buttons", "work_order.begin")
        self.add_widget(Para(text=words("job_begin", "lead"), tone="text_2"))
        self.field = drafted.text_field(
            self.shell,
            self.key(FOUND),
            label=words("fields", "summary"),
            hint=words("job_begin", "hint"),
        )
        self.add_widget(self.field)
        services = [(one, words("services", one)) for one in OFFERED]
        chosen = sheet.order.service if sheet.order.service in OFFERED else OFFERED[0]
        self.service = self._choice(services, "service", chosen)
        machines = self.shell.phone.queries.machines_at(sheet.order.site_id)[:MACHINES_MAX]
        named = [(one.id, words.join(one.name, one.serial)) for one in machines]
        self.machine: Choice | None = None
        if named:
            self.add_widget(Para(text=words("fields", "asset"), role="label", tone="text_2"))
            named.append((NO_MACHINE, words("job_begin", "no_machine")))
            self.machine = self._choice(named, "machine", NO_MACHINE, style="list")
        self.foot(("confirm", words("job_begin", "confirm"), "primary", self.begin))

    def _choice(
        self, options: list[tuple[str, str]], name: str, otherwise: str, style: str = "auto"
    ) -> Choice:
        kept = self.read(FOUND, name, otherwise=otherwise)
        value = kept if kept in dict(options) else otherwise
        choice = Choice(options=options, value=value, style=style)

        def picked(_choice: Choice, code: str) -> None:
            choice.value = code
            self.shell.drafts.keep(self.key(FOUND, name), code)

        choice.bind(on_pick=picked)
        self.add_widget(choice)
        return choice

    def begin(self) -> None:
        """Begin the job, and go there."""
        text = self.field.text.strip()
        if not text:
            self.field.error = self.words("job_begin", "unsaid")
            return
        args = {"summary": text, "service": self.service.value}
        if self.machine is not None and self.machine.value != NO_MACHINE:
            args["asset"] = self.machine.value
        refused = self.say("work_order.begin", args)
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key(FOUND))
        self.shell.drafts.clear(self.key(FOUND) + "/")
        self.done(self.words("job_taken", "begin"))
        new = self.shell.phone.queries.begun()
        if new is not None:
            self.shell.go(Place("work_order", {"id": new}))
