"""What the steps of a sign-off are put together from: its bar, its cards, fields and buttons."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kivy.metrics import dp
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.screens import sign_cards as cards
from mobile.screens.drawn import Compose, Drawn
from mobile.views import sign_off as views
from mobile.views.summary import Row
from mobile.widgets.buttons import FilterChip, PushButton
from mobile.widgets.fields import TextField
from mobile.widgets.page import Column, Footer, Spread
from mobile.widgets.text import Para
from shared.amounts import LINE_CHARS_MAX
from shared.texts import LANGUAGES

if TYPE_CHECKING:
    from mobile.screens.sign_off import SignOffScreen

NAME_SP: Final = 20


class KeeperBar(BoxLayout):
    """The top of a customer's step: whose paper it is, another language, and the way to unlock."""

    title = StringProperty("")
    subtitle = StringProperty("")
    offered = StringProperty("")
    lock_a11y = StringProperty("")

    __events__ = ("on_switch", "on_lock")

    def on_switch(self) -> None:
        """The other language is asked for."""

    def on_lock(self) -> None:
        """The technician wants the phone back."""


class Answer(FilterChip):
    """One of several answers, large enough for whoever has no glasses at hand."""

    code = StringProperty("")

    def on_kv_post(self, base: Any) -> None:
        """The rule was applied."""
        super().on_kv_post(base)
        self.ids.label.role = "title"


def bar(page: "SignOffScreen", title: str, subtitle: str = "", *, can_switch: bool = False) -> None:
    words, begun = page.theirs, page.begun
    other = next(one for one in LANGUAGES if one != begun.language)
    bar = KeeperBar(
        title=title,
        subtitle=subtitle or views.progress(begun, words),
        offered=views.LANGUAGE_NAMES[other] if can_switch else "",
        lock_a11y=page.words("sign_off", "unlock"),
    )
    bar.bind(on_switch=lambda *_: page.speak(other), on_lock=lambda *_: page.ask_to_leave())
    page.ids.head.add_widget(bar)


def news(page: "SignOffScreen", body: Column) -> None:
    """What happened to what was begun."""
    if page.begun.news:
        text = page.theirs("sign_news", page.begun.news)
        card(body, partial(cards.notice, icon="update", text=text, tone="warning"), is_card=False)


def field(page: "SignOffScreen", name: str) -> TextField:
    """A field of the customer's; what is longer than a line can hold is said at once."""
    words = page.theirs
    field = TextField(
        label=words("sign_fields", name),
        label_role="large_strong",
        text=getattr(page.begun, name),
        size_sp=NAME_SP,
        editor=page.shell.adapters.text_entry.edit,
    )

    def typed(_field: TextField, text: str) -> None:
        is_long = len(text.strip()) > LINE_CHARS_MAX
        field.error = words("sign_lacks", "too_long", count=LINE_CHARS_MAX) if is_long else ""
        page.change(**{name: "" if is_long else text})

    field.bind(on_typed=typed)
    return field


def chips(options: list[tuple[str, str]], value: str) -> Spread:
    """Answers as small buttons, as many beside each other as fit; each knows its `code`."""
    spread = Spread()
    for code, text in options:
        spread.add_widget(Answer(code=code, text=text, active=code == value))
    return spread


def hear(spread: Spread, picked: Callable[[str], None]) -> None:
    """Mark what is pressed, and tell its code."""

    def press(pressed: Answer) -> None:
        for one in spread.children:
            one.active = one is pressed
        picked(pressed.code)

    for one in spread.children:
        one.bind(on_release=press)


def place(body: Column, field: TextField, *, after: Widget, wanted: bool) -> None:
    """Put a field in below another thing, or take it out."""
    if wanted and field.parent is None:
        box = body.box
        box.add_widget(field, index=box.children.index(after))
    elif not wanted and field.parent is not None:
        body.remove_widget(field)


def column(page: "SignOffScreen") -> Column:
    body = Column()
    body.box.padding = (dp(16), dp(14), dp(16), dp(24))
    page.ids.middle.add_widget(body)
    return body


def card(body: Column, compose: Compose, page: Any = None, *, is_card: bool = True) -> None:
    card = Drawn(compose, is_card=is_card, pad_dp=16 if is_card else 0)
    if page is not None:
        card.bind(on_zone=lambda _card, name: page.go_there(name.removeprefix("to:")))
    body.add_widget(card)


def foot(
    page: "SignOffScreen",
    *actions: tuple[str, str, Callable[[], None]],
    off: bool = False,
    total: Row | None = None,
) -> None:
    """Buttons that stand below, the first one out of reach if `off`; above them what it costs."""
    footer = Footer()
    if total is not None:
        compose = partial(cards.total, told=total)
        footer.add_widget(Drawn(compose, is_card=False, pad_dp=0))
    if page.fault:
        footer.add_widget(Para(text=page.fault, tone="danger"))
    rows = BoxLayout(
        orientation="horizontal" if page.wide else "vertical",
        size_hint_y=None,
        spacing=dp(8),
    )
    rows.bind(minimum_height=rows.setter("height"))
    footer.add_widget(rows)
    told = [(place == 0 and off, one) for place, one in enumerate(actions)]
    for disabled, (text, kind, act) in reversed(told) if page.wide else told:
        button = PushButton(text=text, kind=kind, disabled=disabled)
        button.bind(on_release=lambda _button, act=act: act())
        rows.add_widget(button)
    page.ids.foot.add_widget(footer)
