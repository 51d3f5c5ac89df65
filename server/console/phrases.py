"""Phrases: how the company words its messages, with a preview, and which come by themselves."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import phrasing
from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.messages import ICONS, QUEUE
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.sessions import Actor
from shared.errors import Params
from shared.messages import TEMPLATES, render
from shared.people import may
from shared.texts import LANGUAGES, Catalogue
from shared.wordings import (
    BY_THEMSELVES,
    LINK,
    RULES,
    TEXT_CHARS_MAX,
    MessageWording,
    known_in,
    misplaced,
    wording_id,
)

PATH: Final = "/messages/wordings"
WORD: Final = "message.word"
SET: Final = "message.set_rules"
LOOK, BACK = "look", "back"
EXAMPLES: Final = ("company", "visit", "time", "address", "technician", "what")


@get(PATH, opt=opt(QUEUE), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """Every message with the words it has now, and which come by themselves."""
    return _page(request, office, actor, None)


@post("/messages/rules", opt=opt(SET, shows=QUEUE), status_code=200, sync_to_thread=True)
def set_rules(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say which come by themselves, and which end with the link."""
    args: dict[str, Any] = {name: list(form.all(name)) for name in ("automatic", "linked")}
    if form.has("version"):
        args["seen"] = form.number("version")
    said = saying.say(
        request, office, actor, form, Act(kind=SET, on=("message_rules", RULES), args=args)
    )
    if not said.ok:
        return frame.refused(_page(request, office, actor, said))
    return saying.go(request, office, said, PATH)


def _page(request: AnyRequest, office: Office, actor: Actor, said: Said | None) -> Response[str]:
    s = frame.speech_of(request, office)
    with office.reading() as books:
        words = phrasing.own_words(books)
        rules = phrasing.rules(books)
    context = {
        "said": said,
        "lines": [_line(office, s, one, words.get(one)) for one in TEMPLATES],
        "icons": ICONS,
        "rules": rules,
        "by_themselves": BY_THEMSELVES,
        "version": rules.version or "",
        "may_set": may(actor.person.roles, SET),
        "section": "messages",
    }
    return frame.page(request, office, actor, "phrases.html", context)


def _line(office: Office, s: Speech, template: str, own: MessageWording | None) -> dict[str, Any]:
    text = getattr(own, s.language) if own is not None else ""
    is_own = own is not None and bool(own.en or own.zh)
    return {
        "template": template,
        "text": text or phrasing.original(office.texts.catalogues[s.language], template),
        "number": own.number if own is not None and is_own else None,
    }


@get(PATH + "/{template:str}", opt=opt(WORD, shows=QUEUE), sync_to_thread=True)
def ask(
    template: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for the words of one message."""
    return _form(request, office, actor, (template, Form(), None))


@post(
    PATH + "/{template:str}",
    opt=opt(WORD, shows=QUEUE),
    status_code=200,
    sync_to_thread=True,
)
def word(
    template: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Look at the words, keep them, or go back to the product's."""
    if template not in TEMPLATES:
        raise Problem("not_found")
    then = form.text("then")
    fields = [f"text_{one}" for one in LANGUAGES]
    texts: dict[str, str] = {one: "" if then == BACK else form.text(one) for one in fields}
    args: dict[str, Any] = {"template": template, "seen": form.number("version") or 0, **texts}
    act = Act(kind=WORD, on=("message_wording", wording_id(template)), args=args)
    if then == LOOK:
        return _form(request, office, actor, (template, form, _looked(request, office, act, form)))
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_form(request, office, actor, (template, form, said)))
    return saying.go(request, office, said, PATH)


def _looked(request: AnyRequest, office: Office, act: Act, form: Form) -> Said | None:
    """What would be refused of words that are only looked at."""
    template = act.args["template"]
    for language in LANGUAGES:
        wrong = misplaced(template, form.text(f"text_{language}"))
        if wrong is not None:
            known = ", ".join(f"{{{one}}}" for one in known_in(template))
            params: Params = {"name": wrong[0], "line": wrong[1], "known": known}
            field = f"text_{language}"
            speech = frame.speech_of(request, office)
            reason = speech.why("no_placeholder", {"params": params, "field": f"args.{field}"})
            said = {"op": form.op, "act": act, "verdict": "rejected", "code": "no_placeholder"}
            return Said(**said, reason=reason, field=field)  # type: ignore[arg-type]
    return None


def _form(
    request: AnyRequest, office: Office, actor: Actor, told: tuple[str, Form, Said | None]
) -> Response[str]:
    template, form, said = told
    if template not in TEMPLATES:
        raise Problem("not_found")
    with office.reading() as books:
        own = phrasing.own_words(books).get(template)
        is_linked = template in phrasing.rules(books).linked
    typed = {one: getattr(own, one) if own is not None else "" for one in LANGUAGES}
    if form.fields:
        typed = {one: form.text(f"text_{one}") for one in LANGUAGES}
    context = {
        "template": template,
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "typed": typed,
        "originals": {
            one: phrasing.original(office.texts.catalogues[one], template) for one in LANGUAGES
        },
        "previews": [
            (one, _preview(office.texts.catalogues[one], template, typed[one], is_linked))
            for one in LANGUAGES
        ],
        "known": known_in(template),
        "most": TEXT_CHARS_MAX,
        "version": own.number if own is not None else 0,
        "is_own": own is not None and bool(own.en or own.zh),
        "section": "messages",
    }
    return frame.page(request, office, actor, "phrase.html", context)


def _preview(catalogue: Catalogue, template: str, text: str, is_linked: bool) -> str:  # noqa: FBT001
    """A message with the details of an example."""
    told: Mapping[str, Any] = catalogue.groups["console.wordings"]
    values = {one: str(told[f"example_{one}"]) for one in EXAMPLES}
    values |= {"number": "T-26-000123", LINK: "https://service.example/t/…"}
    worded = phrasing.in_words_of(catalogue, template, text)
    found = render(worded, template, values)
    is_named = f"{{{LINK}}}" in phrasing.original(worded, template)
    if is_linked and not is_named:
        pieces = catalogue.groups[phrasing.PIECES]
        found += " " + str(pieces["follow"]).replace(f"{{{LINK}}}", values[LINK])
    return found


ROUTES: Final[list[Any]] = [show, set_rules, ask, word]
