"""Telling the customer: a message whose text is ready, sent from the technician's own phone."""

from mobile.queries import Sheet as JobSheet
from mobile.screens import job_acts
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.shell import Shell
from mobile.texts import Words
from mobile.views.call import call, dialled
from mobile.widgets.blocks import Banner
from mobile.widgets.text import Para
from shared.messages import BY_TECHNICIAN, Message

SEND, FAIL = "message.send", "message.fail"


def number_of(sheet: JobSheet, message: Message) -> str:
    """Where a message goes: where it says, else to whom one would call on this job."""
    whom = call(sheet)
    return dialled(message.phone) or (whom.dialled if whom is not None else "")


def send(shell: Shell, sheet: JobSheet, message: Message) -> None:
    """Put the text into the app for short messages, and ask afterwards whether it was sent."""
    passed = shell.adapters.share.message(number_of(sheet, message), message.text)
    told = {"job": sheet.order.id, "message": message.id}
    shell.show_sheet("told", **told, **({} if passed == "opened" else {"copied": "yes"}))


def to_tell(pen: Pen, messages: tuple[Message, ...], words: Words) -> None:
    """What the customer is to be told, word for word, and the button that does it."""
    pen.head("sms", words("job_tell", "title"))
    for index, one in enumerate(messages):
        if index:
            pen.rule()
        pen.text(one.text)
        pen.gap(10)
        pen.buttons([(f"tell:{one.id}", words("job_tell", "send"), "sms")])


class ToldSheet(Asking):
    """Whether a message was sent; until somebody says so it waits."""

    def build(self, sheet: JobSheet) -> None:
        """Show the text, and ask."""
        words = self.words
        self.title = words("job_tell", "asked")
        found = next((one for one in sheet.to_tell if one.id == self.args["message"]), None)
        if found is None:
            self.leave_soon()
            return
        if self.args.get("copied"):
            number = number_of(sheet, found)
            self.add_widget(
                Banner(text=words("job_tell", "copied", number=number), icon="content_copy")
            )
        self.add_widget(Para(text=found.text))
        self.foot(
            ("sent", words("job_tell", "sent"), "primary", self.sent),
            ("failed", words("job_tell", "failed"), "tonal", self.failed),
            ("later", words("job_tell", "later"), "text", self.shell.close_sheet),
        )

    def sent(self) -> None:
        """It was sent."""
        self._say(SEND, {"channel": BY_TECHNICIAN}, "noted")

    def failed(self) -> None:
        """It could not be sent: the office is told, and finds another way."""
        self._say(FAIL, {"why": self.words("job_tell", "why")}, "noted_failed")

    def _say(self, kind: str, args: dict[str, str], told: str) -> None:
        assert self.sheet is not None
        _, job = job_acts.on(self.sheet)
        said = {**args, "work_order": job}
        if self.shell.say(kind, ("message", self.args["message"]), said):
            self.shell.adapters.haptics.feel("done")
            self.done(self.words("job_tell", told))
