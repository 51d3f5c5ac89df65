"""The steps of a sign-off, built one at a time: what the technician and the customer see."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kivy.metrics import dp

from mobile.screens import sign_cards as cards, sign_keys, sign_parts as parts
from mobile.views import sign_off as views
from mobile.views.summary import Row
from mobile.widgets.bars import AppBar
from mobile.widgets.blocks import Banner
from mobile.widgets.choices import Choice, Toggle
from mobile.widgets.consent import Stars, TickBox
from mobile.widgets.page import Column
from mobile.widgets.text import Icon, Para
from shared.document import Document, code_of
from shared.texts import LANGUAGES

if TYPE_CHECKING:
    from mobile.screens.sign_off import SignOffScreen


def build(page: "SignOffScreen") -> None:
    """Put the step that is shown into the page."""
    _BUILD[page.begun.step](page) if _has_document(page) else _nothing(page)


def _has_document(page: "SignOffScreen") -> bool:
    return isinstance(page.document, Document) or page.begun.step in ("thanks", "leave")


def _nothing(page: "SignOffScreen") -> None:
    """There is nothing to be signed: the job has left the phone, or what was to be signed for."""
    page.ids.head.add_widget(AppBar(page=page, back=True, title=page.words("sign_off", "title")))
    body = parts.column(page)
    found = page.found or (
        views.Obstacle(
            code="nothing", icon="assignment_late", text=page.words("sign_wait", "nothing")
        ),
    )
    parts.card(body, partial(cards.obstacles, found=found))
    if page.begun.handed:
        parts.foot(page, (page.words("sign_off", "unlock"), "primary", page.ask_to_leave))


def _prepare(page: "SignOffScreen") -> None:
    """The technician's: what is in the way, which jobs, which language, and who gets the phone."""
    words, sheet = page.words, page.sheet
    assert sheet is not None
    title = words("sign_off", "title")
    page.ids.head.add_widget(
        AppBar(page=page, back=True, title=title, subtitle=words.called(sheet.order))
    )
    body = parts.column(page)
    if page.found:
        parts.card(body, partial(cards.obstacles, found=page.found), page)
    if page.unusable:  # no reason to wait: it may never become a photo
        text = words("sign_wait", "unusable", count=page.unusable)
        banner = Banner(icon="broken_image", text=text, tone="warning")
        banner.action = words("sign_wait", "to_photos")
        banner.bind(on_act=lambda _banner: page.go_there("photos"))
        body.add_widget(banner)
    rows = _prepared(page)
    parts.card(
        body, partial(cards.facts, title=words("sign_off", "shown"), icon="article", rows=rows)
    )
    others = page.others()
    if others:
        body.add_widget(Para(text=words("sign_off", "together"), role="title_s"))
    for job in others:
        toggle = Toggle(
            title=words.join(job.number, job.summary),
            subtitle=job.machine,
            active=job.id in page.begun.also,
        )
        toggle.bind(on_flip=lambda _toggle, on, job=job: page.join(job.id, together=on))
        body.add_widget(toggle)
    body.add_widget(Para(text=words("sign_off", "language"), role="title_s"))
    options = [(one, views.LANGUAGE_NAMES[one]) for one in LANGUAGES]
    choice = Choice(options=options, value=page.begun.language)
    choice.bind(on_pick=lambda _choice, code: page.speak(code))
    body.add_widget(choice)
    code = "hand_over_pin" if page.shell.lock.is_set else "hand_over_hold"
    body.add_widget(Para(text=words("sign_off", code), tone="text_2"))
    parts.foot(
        page, (words("sign_off", "hand_over"), "primary", page.hand_over), off=bool(page.found)
    )


def _prepared(page: "SignOffScreen") -> tuple[Row, ...]:
    words, told = page.words, page.told
    assert isinstance(page.document, Document)
    photos = sum(len(job.photos) for job in page.document.jobs)
    code = code_of(page.begun.shown_hash)
    facts = {"for": told.party, "photos": str(photos), "total": told.total, "code": code}
    return tuple(
        Row(label=words("sign_shown", name), value=value) for name, value in facts.items() if value
    )


def _check(page: "SignOffScreen") -> None:
    """The customer reads what was done and what it costs; the code stands under it."""
    words, told = page.theirs, page.told
    parts.bar(page, told.company or words("sign_off", "title"), can_switch=True)
    body = parts.column(page)
    body.add_widget(Para(text=told.title, role="display"))
    parts.news(page, body)
    if page.found:
        wait = views.Obstacle(
            code="wait", icon="hourglass_top", text=words("sign_off", "technician_first")
        )
        parts.card(body, partial(cards.obstacles, found=(wait,)))
    parts.card(body, partial(cards.party, told=told))
    for job in told.jobs:
        parts.card(body, partial(cards.job, told=job))
    if told.bill is not None:
        parts.card(body, partial(cards.bill, told=told.bill))
    parts.card(body, partial(cards.code, told=code_of(page.begun.shown_hash), words=words))
    parts.foot(
        page,
        (words("sign_off", "go_on"), "primary", lambda: page.turn("who")),
        (_refusing(page, "not_right"), "text", lambda: page.turn("refuse")),
        off=bool(page.found),
        total=told.bill.total if told.bill is not None else None,
    )


def _who(page: "SignOffScreen") -> None:
    """Name, role, a box that nobody has ticked, and stars for whoever likes to give some."""
    words, told, begun = page.theirs, page.told, page.begun
    parts.bar(page, words("sign_off", "who"))
    body = parts.column(page)
    parts.news(page, body)
    fields = {"signer": parts.field(page, "signer")}
    body.add_widget(fields["signer"])
    body.add_widget(Para(text=words("sign_off", "role"), role="large_strong"))
    role = parts.chips(views.signers(words), begun.signer_role)
    body.add_widget(role)
    body.add_widget(fault := Para(text="", role="body_s", tone="danger"))
    fields["relation"] = parts.field(page, "relation")
    box = TickBox(text=told.declaration, active=begun.agreed)

    def picked(code: str) -> None:
        fault.text = ""
        page.change(signer_role=code)
        parts.place(body, fields["relation"], after=fault, wanted=code in views.RELATED)

    def ticked(_box: Any, active: bool) -> None:  # noqa: FBT001
        box.active, box.wrong = active, False
        page.change(agreed=active)

    parts.hear(role, picked)
    box.bind(on_flip=ticked)
    parts.place(body, fields["relation"], after=fault, wanted=begun.signer_role in views.RELATED)
    if page.purpose == "visit":
        _stars(page, body)
    body.add_widget(box)
    go = partial(_from_who, page, {**fields, "signer_role": fault, "agreed": box})
    parts.foot(
        page,
        (words("sign_off", "to_ink"), "primary", go),
        (words("kit.act", "back"), "text", lambda: page.turn("check")),
    )


def _stars(page: "SignOffScreen", body: Column) -> None:
    words = page.theirs
    body.add_widget(Para(text=words("sign_off", "rating"), role="large_strong"))
    names = [words("sign_off", "star", count=count) for count in views.RATINGS]
    stars = Stars(names=names, value=page.begun.rating or 0)

    def picked(_stars: Any, value: int) -> None:
        rating = None if page.begun.rating == value else value
        stars.value = rating or 0
        page.change(rating=rating)

    stars.bind(on_pick=picked)
    body.add_widget(stars)
    body.add_widget(Para(text=words("sign_off", "rating_free"), role="body_s", tone="text_2"))


def _from_who(page: "SignOffScreen", at: dict[str, Any]) -> None:
    """Go on to the ink, or show what is still to be filled in, beside where that is."""
    words = page.theirs
    left = views.lacks(page.begun)
    for name in left:
        told = words("sign_lacks", name)
        if name == "agreed":
            at[name].wrong = True
        elif name == "signer_role":
            at[name].text = told
        else:
            at[name].error = at[name].error or told
    if not left:
        page.turn("ink")
        return
    column = page.ids.middle.children[0]
    column.scroll_to(at[left[0]], padding=dp(40), animate=False)


def _ink(page: "SignOffScreen") -> None:
    """The customer's signature, on as large a pad as there is."""
    words, begun = page.theirs, page.begun
    code = code_of(begun.shown_hash)
    parts.bar(page, words("sign_off", "sign_here"), words.join(code, begun.signer.strip()))
    total = page.told.total
    done = words("sign_off", "signed_total", total=total) if total else words("sign_off", "signed")
    go = _needs_ink(page, "technician", "ink")
    actions = (
        (done, "primary", go),
        (words("kit.act", "back"), "text", lambda: page.turn("who")),
    )
    sign_keys.pad(page, words, "ink", actions)


def _refuse(page: "SignOffScreen") -> None:
    """Why somebody does not sign: one tap, or their own words."""
    words, begun = page.theirs, page.begun
    parts.bar(page, _refusing(page, "refuse"))
    body = parts.column(page)
    body.add_widget(Para(text=_refusing(page, "refuse_lead"), role="large", tone="text_2"))
    reasons = views.refusals(page.purpose, words)
    chosen = next((code for code, text in reasons if text == begun.refusal), "")
    choice = Choice(options=reasons, value=chosen, style="list")
    body.add_widget(choice)
    field = parts.field(page, "refusal")
    body.add_widget(field)
    body.add_widget(parts.field(page, "signer"))

    def picked(_choice: Any, code: str) -> None:
        choice.value, field.text, field.error = code, dict(reasons)[code], ""
        page.change(refusal=dict(reasons)[code])

    choice.bind(on_pick=picked)

    def go() -> None:
        if views.lacks(page.begun):
            field.error = field.error or words("sign_lacks", "refusal")
            return
        page.turn("technician", ink=None)

    def back() -> None:
        page.turn("check", refusal="")

    parts.foot(
        page,
        (_refusing(page, "refuse_done"), "primary", go),
        (_refusing(page, "refuse_not"), "text", back),
    )


def _refusing(page: "SignOffScreen", code: str) -> str:
    return views.of_refusing(page.purpose, code, page.theirs)


def _technician(page: "SignOffScreen") -> None:
    """The phone goes back: the technician signs, too, and one press writes it all down."""
    words, begun = page.words, page.begun
    assert isinstance(page.document, Document)
    title = words("sign_off", "technician", name=page.document.technician)
    who = begun.refusal or words.join(
        begun.signer.strip(), words("signer_roles", begun.signer_role or "customer")
    )
    told = (
        views.of_refusing(page.purpose, "refused_by", words, name=who)
        if begun.refusal
        else words("sign_off", "signed_by", name=who)
    )
    parts.bar(page, title, told)
    back: views.Step = "refuse" if begun.refusal else "ink"
    actions = (
        (words("sign_off", "save"), "primary", _needs_ink(page, None, "technician_ink")),
        (words("sign_off", "to_customer"), "text", lambda: page.turn(back)),
    )
    sign_keys.pad(page, words, "technician_ink", actions)


def _needs_ink(page: "SignOffScreen", then: Any, name: str) -> Callable[[], None]:
    """Go on where there is ink; else say that there is none."""

    def go() -> None:
        if views.lacks(page.begun):
            words = page.theirs if then else page.words
            page.fault = words("sign_lacks", name)
            page.rebuild()
        elif then:
            page.turn(then)
        else:
            page.confirm()

    return go


def _thanks(page: "SignOffScreen") -> None:
    """It is done: the customer can note the code, the technician goes on."""
    words, begun = _spoken(page), page.begun
    parts.bar(page, words("sign_off", "title"))
    body = parts.column(page)
    code = "noted" if begun.refusal else "thanks"
    sign, tone = ("task_alt", "info") if begun.refusal else ("check_circle", "success")
    middle = {"center_x": 0.5}
    body.add_widget(Icon(icon=sign, icon_size=64, filled=True, tone=tone, pos_hint=middle))
    body.add_widget(Para(text=words("sign_off", code), role="display", halign="center"))
    why = (
        views.of_refusing(page.purpose, "noted_why", words)
        if begun.refusal
        else words("sign_off", "thanks_why")
    )
    body.add_widget(Para(text=why, role="large", tone="text_2", halign="center"))
    parts.card(body, partial(cards.code, told=begun.code, words=words))
    parts.foot(page, (page.words("sign_off", "unlock"), "primary", page.ask_to_leave))


def _leave(page: "SignOffScreen") -> None:
    """Only the technician gets away from here."""
    sign_keys.leave(page)


def _spoken(page: "SignOffScreen") -> Any:
    return type(page.words)(page.begun.language)


_BUILD: Final[dict[str, Callable[["SignOffScreen"], None]]] = {
    "prepare": _prepare,
    "check": _check,
    "who": _who,
    "ink": _ink,
    "refuse": _refuse,
    "technician": _technician,
    "thanks": _thanks,
    "leave": _leave,
}
