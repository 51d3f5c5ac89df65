"""Every widget of the kit on a few pages, to be looked at and measured."""

from collections.abc import Callable
from typing import Any, Final

from kivy.factory import Factory

from mobile.views.chip import SyncChip
from mobile.views.today import Day
from mobile.widgets.page import Column, Page

LONG: Final = {
    "en": "The compressor of the outdoor unit trips after exactly twenty minutes of full load",
    "zh": "室外机压缩机满负荷运行二十分钟后必跳机，复位后仍然如此（用户要求当天务必修好）。",
}
SHORT: Final = {"en": "Save", "zh": "保存"}
NAME: Final = {"en": "Outdoor unit pressure", "zh": "室外机高压侧压力"}
NEVER: Final = {"en": "Not applicable here", "zh": "此处不适用"}
TONES: Final = ("neutral", "info", "success", "warning", "danger", "primary")


def make(kind: str, /, **given: Any) -> Any:
    """A widget by the name of its kind."""
    return getattr(Factory, kind)(**given)


class Gallery(Page):
    """One page of it."""

    def __init__(self, shell: Any, part: str) -> None:
        super().__init__(shell)
        self.language = shell.words.language
        self.chip = SyncChip(
            state="offline",
            text=self.words("kit.sync", "offline_changes", count=12),
            tone="warning",
            icon="cloud_off",
        )
        bar = make("AppBar", page=self, title=part, subtitle=NAME[self.language], back=True)
        bar.add_widget(make("IconButton", icon="more_vert", a11y="more"))
        column = Column()
        self.add_widget(bar)
        self.add_widget(column)
        for widget in PARTS[part](self):
            column.add_widget(widget)
        foot = make("Footer")
        foot.add_widget(make("PushButton", text=LONG[self.language], icon="check_circle"))
        self.add_widget(foot)

    @property
    def long(self) -> str:
        return LONG[self.language]

    @property
    def short(self) -> str:
        return SHORT[self.language]

    @property
    def label(self) -> str:
        return NAME[self.language]


def texts(page: Gallery) -> list[Any]:
    roles = ("display", "headline", "title", "title_s", "body", "body_s", "label", "caption")
    shown = [make("Para", text=f"{role} {page.label} 0123456789", role=role) for role in roles]
    wrapped = [make("Para", text=page.long * 2), make("Para", text=page.long * 3, lines_max=2)]
    one = make("Label1", text=page.long, tone="text_2")
    return [*shown, *wrapped, one, make("Empty", title=page.label, text=page.long, action="OK")]


def buttons(page: Gallery) -> list[Any]:
    kinds = ("primary", "tonal", "outline", "text", "danger")
    shown = [make("PushButton", text=page.short, icon="check", kind=kind) for kind in kinds]
    off = make("PushButton", text=page.label, disabled=True)
    chips = make("Spread")
    for tone in TONES:
        chips.add_widget(make("Chip", text=f"{page.label} {tone}", tone=tone, icon="flag"))
    filters = make("Spread")
    for at, text in enumerate((page.short, page.label, page.label)):
        filters.add_widget(make("FilterChip", text=text, active=at == 1))
    banners = [
        make("Banner", text=page.long, tone=tone, action=page.short if tone == "danger" else "")
        for tone in ("info", "warning", "danger", "success")
    ]
    return [*shown, off, chips, filters, *banners]


def fields(page: Gallery) -> list[Any]:
    pick = (("yes", page.short), ("no", page.label), ("na", NEVER[page.language], "danger"))
    three = (("1", "OK", "success"), ("2", "No", "danger"), ("3", "N/A", "neutral"))
    return [
        make("TextField", label=page.label, text="KFR-72LW/B3", note=page.long),
        make("TextField", label=page.label, hint=page.label, error=page.long),
        make("TextField", label=page.label, text=page.long, rows=3),
        make("NumberField", label=page.label, text="21.4", unit="bar", warning=page.long),
        make("SearchField", hint=page.label, text="空"),
        make("Choice", options=three, value="1"),
        make("Choice", options=pick, value="na"),
        make("Toggle", title=page.label, subtitle=page.long, active=True),
        make("Toggle", title=page.label),
        make("Stepper", text="12.5 kg"),
    ]


def blocks(page: Gallery) -> list[Any]:
    card = make("Card")
    card.add_widget(make("Section", text=page.label, action=page.short))
    rows: list[dict[str, Any]] = [
        {"title": page.label, "icon": "place", "subtitle": page.long},
        {"title": page.long, "value": page.label, "leads": False},
        {"title": page.label, "value": "12", "badge": 3},
    ]
    for row in rows:
        card.add_widget(make("Row", **row))
        card.add_widget(make("Divider"))
    card.add_widget(make("KeyValue", name=page.label, value=page.long))
    steps = make("Card")
    for at, standing in enumerate(("done", "now", "bad", "todo")):
        step = {"title": page.label, "value": "09:30", "first": at == 0, "last": at == 3}
        steps.add_widget(make("StepRow", standing=standing, subtitle=page.long, **step))
    warned = make("Card", tone="warning")
    warned.add_widget(make("Para", text=page.long))
    strip = make("WeekStrip", days=_days())
    figures = make("Card", orientation="horizontal")
    for value in ("5", "6 h 30 min", "12"):
        figures.add_widget(make("Figure", value=value, label=page.label))
    return [strip, figures, card, steps, warned, make("Bar", value=0.6)]


def _days() -> list[Day]:
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    return [
        Day(
            date=f"2026-11-{23 + at}",
            weekday=name,
            number=str(23 + at),
            count=at,
            chosen=at == 2,
            today=at == 1,
            spoken=name,
        )
        for at, name in enumerate(names)
    ]


PARTS: Final[dict[str, Callable[[Gallery], list[Any]]]] = {
    "texts": texts,
    "buttons": buttons,
    "fields": fields,
    "blocks": blocks,
}
