"""The customer's moment: the phone is handed over, locked, and comes back with a signature."""

from pathlib import Path
from typing import Any, Final

from kivy.core.window import Window
from kivy.properties import BooleanProperty
from msgspec import structs

from mobile import signing
from mobile.darkroom import Slip
from mobile.queries import Job, Sheet
from mobile.screens import drafted, job_acts, sign_steps
from mobile.service import app_name
from mobile.shell import Args, Place, Shell
from mobile.texts import Words
from mobile.views import sign_off as views
from mobile.views.sign_off import Begun, Obstacle, Step
from mobile.views.summary import Summary, summary, words_of
from mobile.widgets.look import load
from mobile.widgets.page import Page
from shared.document import Document, code_of, hash_of, write
from shared.errors import Refused
from shared.showing import Asked, build
from shared.texts import Language

BACK: Final[dict[Step, Step]] = {
    "who": "check",
    "ink": "who",
    "refuse": "check",
    "technician": "ink",
}


class SignOffScreen(Page):
    """`args`: the job's `id`, the `purpose`, and the `subject` that is signed for, if any.

    It begins as the technician's: what is in the way, which jobs, which language. Once the phone
    is handed over it keeps one here, whatever is pressed, until the technician unlocks it. What
    is begun is on the disk: after a kill the customer goes on, locked, where they were.
    """

    wide = BooleanProperty(defaultvalue=False)

    def __init__(self, shell: Shell, **given: Any) -> None:
        self.begun = Begun()
        self.sheet: Sheet | None = None
        self.document: Document | Refused | None = None
        self.found: tuple[Obstacle, ...] = ()
        self.unusable = 0  # pictures that could not become photos
        self.theirs: Words = shell.words
        self.fault = ""
        self._built: Any = None
        super().__init__(shell, **given)

    @property
    def kept(self) -> bool:
        """Whether the phone is in the customer's hands."""
        return self.begun.handed

    @property
    def purpose(self) -> str:
        """What is signed for."""
        return self.args.get("purpose", "visit")

    @property
    def told(self) -> Summary:
        """What is signed, in words."""
        assert isinstance(self.document, Document)
        return summary(self.document, self.theirs)

    def show(self, args: Args) -> None:
        """Go on where this sign-off was left."""
        self.args = args
        self._built, self.fault = None, ""
        self.begun = views.read(self.shell.drafts.read(self._key()), self.words.language)
        self.sheet = self.shell.phone.queries.sheet(args.get("id", ""))
        if not self.begun.made_at and self.sheet is not None:
            spoken = views.first_language(self.sheet, self.words.language)
            self.begun = structs.replace(self.begun, language=spoken)
        self.shell.hold(held=self.begun.handed)
        Window.unbind(size=self._turned)
        Window.bind(size=self._turned)
        self.refresh()

    def leave(self) -> None:
        """Its fields hear the keyboard no more."""
        Window.unbind(size=self._turned)
        drafted.let_go(self)

    def refresh(self) -> None:
        """Read everything anew; what changed under the customer's eyes is told."""
        self.sheet = self.shell.phone.queries.sheet(self.args.get("id", ""))
        if self.begun.step != "thanks":
            self._read()
            pictures = self._pictures()
            self.unusable = sum(bool(one.fault) for one in pictures)
            preparing = len(pictures) - self.unusable
            self.found = (
                *views.obstacles(self.sheet, self.purpose, preparing, self.words),
                *views.too_much(self._shown(), self.words),
            )
        self.rebuild()

    def step_back(self) -> bool:
        """The back key stays within the customer's steps."""
        if not self.begun.handed:
            return False
        step = self.begun.back_to if self.begun.step == "leave" else BACK.get(self.begun.step)
        if step is not None:
            self.turn(step)
        return True

    def change(self, **fields: Any) -> None:
        """Keep something else of what is begun."""
        self.begun = structs.replace(self.begun, **fields)
        self.shell.drafts.keep(self._key(), views.kept(self.begun))

    def turn(self, step: Step, **fields: Any) -> None:
        """Go on to another step."""
        self.fault = ""
        if step != self.begun.step:
            fields = {"news": "", **fields}
        self.change(step=step, **fields)
        self.rebuild()

    def speak(self, language: Language) -> None:
        """Show everything in another language; nothing else of the app changes."""
        translated = self.begun = views.translated(self.begun, language)
        self._read()
        self.change(news=translated.news)  # it is another text, and not one that has changed
        self.refresh()

    def hand_over(self) -> None:
        """From now on the phone is the customer's."""
        if self.found or not isinstance(self.document, Document):
            return
        self.change(handed=True)
        self.shell.hold(held=True)
        self.turn("check")
        self.shell.refresh()

    def ask_to_leave(self) -> None:
        """Somebody wants to have the phone back."""
        drafted.let_go(self)
        back = self.begun.step if self.begun.step != "leave" else self.begun.back_to
        self.turn("leave", back_to=back, news=self.begun.news)

    def unlocked(self) -> None:
        """The technician has the phone again. Nobody else's ink stays in their hands."""
        self.shell.hold(held=False)
        job = self.args.get("id", "")
        if self.begun.back_to == "thanks":
            self.shell.drafts.drop(self._key())
            self.begun = Begun()
            if self.purpose == "visit":
                self.shell.replace(Place("report", {"id": job}))
            else:
                self.shell.back()
            return
        self.change(handed=False, ink=None, technician_ink=None, agreed=False)
        self.turn("prepare")

    def join(self, job: str, *, together: bool) -> None:
        """Sign for another job of the same place, too, or not."""
        others = [one for one in self.begun.also if one != job]
        self.change(also=(*others, job) if together else tuple(others))
        self.refresh()

    def confirm(self) -> None:
        """Write the signature down, on exactly what is shown."""
        self._read()
        document = self.document
        if self.begun.step != "technician" or not isinstance(document, Document):
            self.refresh()
            return
        given = signing.Given(
            signer=self.begun.signer.strip(),
            signer_role=self.begun.signer_role or "customer",
            relation=self.begun.relation.strip(),
            rating=self.begun.rating,
            refusal=self.begun.refusal.strip(),
            ink=self.begun.ink,
            technician_ink=self.begun.technician_ink,
        )
        refused = self._record(document, given)
        self.shell.adapters.haptics.feel("wrong" if refused is not None else "done")
        if refused is not None:
            self.fault = self.words.explain(refused)
            self.rebuild()
            return
        refusal, code = self.begun.refusal, code_of(self.begun.shown_hash)
        self.begun = Begun(
            language=self.begun.language, handed=True, made_at=1, refusal=refusal, code=code
        )
        self.turn("thanks")

    def others(self) -> list[Job]:
        """The other jobs that could be signed for in the same go."""
        if self.purpose != "visit":
            return []
        return self.shell.phone.queries.unsigned_beside(self.args.get("id", ""))

    def go_there(self, screen: str) -> None:
        """Where something is put right."""
        self.shell.go(Place(screen, {"id": self.args.get("id", "")}))

    def rebuild(self) -> None:
        """Build the step that is shown, unless it stands there already."""
        if not isinstance(self.document, Document) and self.begun.step not in ("thanks", "leave"):
            key: Any = ("nothing", self.found)
        else:
            begun = self.begun
            doc = (begun.language, begun.shown_hash, begun.also)
            key = (begun.step, doc, begun.news, self.unusable)
        wide = Window.width > Window.height
        if self._built == (key, self.found, self.fault, wide):
            return
        self._built, self.wide = (key, self.found, self.fault, wide), wide
        drafted.let_go(self)
        for name in ("head", "middle", "foot"):
            self.ids[name].clear_widgets()
        sign_steps.build(self)

    def _turned(self, *_: Any) -> None:
        if self.get_parent_window() is not None:
            self.rebuild()

    def _read(self) -> None:
        """Make the document as it is now; in other words where a row of it has changed."""
        asked = self._asked(self.begun.made_at or self.shell.now)
        found = build(self.shell.phone.queries.shown(asked.jobs), asked)
        shown = hash_of(write(found)) if isinstance(found, Document) else ""
        if isinstance(found, Document) and shown != self.begun.shown_hash:
            now = self.shell.now
            found = structs.replace(found, made_at=now)
            self.begun = views.renewed(self.begun, hash_of(write(found)), now)
            self.change()
        self.document = found
        self.theirs = words_of(found) if isinstance(found, Document) else self.words

    def _asked(self, made_at: int) -> Asked:
        return Asked(
            purpose=self.purpose,  # type: ignore[arg-type]
            jobs=(self.args.get("id", ""), *self.begun.also),
            person=self.shell.phone.owner.person,
            language=self.begun.language,
            made_at=made_at,
            subject=self.args.get("subject") or None,
        )

    def _record(self, document: Document, given: signing.Given) -> Refused | None:
        assert self.sheet is not None
        taken = signing.Taken(
            technician=self.shell.phone.owner.person,
            signed_at=self.shell.now,
            app=app_name(),
            subject=self.args.get("subject") or None,
        )
        args = signing.args_of(document, given, taken)
        if isinstance(args, Refused):
            return args
        visit = document.jobs[0].visit
        on = job_acts.on(self.sheet)
        return self.shell.record(
            "sign_off.take", on, args, visit=visit.id if visit is not None else None
        )

    def _shown(self) -> str:
        return write(self.document) if isinstance(self.document, Document) else ""

    def _pictures(self) -> list[Slip]:
        """The pictures of these jobs that are no photos yet."""
        jobs = (self.args.get("id", ""), *self.begun.also)
        return [slip for one in jobs for slip in self.shell.darkroom.waiting(one)]

    def _key(self) -> str:
        parts = (self.args.get("id", ""), self.purpose, self.args.get("subject", ""))
        return "/".join(("sign", *parts))


load(Path(__file__))
