"""The kit: what every screen is built of. Kivy finds each widget by name when a rule first asks."""

from typing import Final

from kivy.factory import Factory

# Where each widget lives. A module, and the rules beside it, are loaded when first asked for.
NAMES: Final = {
    "bars": ("AppBar", "BottomBar", "Chip", "Dots", "NavItem", "SyncMark", "WeekDay", "WeekStrip"),
    "blocks": (
        *(
            "Avatar",
            "Badge",
            "Banner",
            "Bar",
            "Card",
            "Divider",
            "Emblem",
            "Empty",
            "Figure",
            "KeyValue",
        ),
        *("Row", "Section", "StepRow", "Tile"),
    ),
    "buttons": ("FilterChip", "IconButton", "PushButton"),
    "choices": ("Choice", "ChoiceItem", "NumberPlate", "Stepper", "Toggle"),
    "fields": ("Entry", "NumberField", "SearchField", "TextField"),
    "job_card": ("JobCard", "JobList", "ListHead"),
    "page": ("Abreast", "Column", "Footer", "Page", "Sheet", "Spread"),
    "stage": ("Stage",),
    "text": ("Icon", "Label1", "Para"),
    "toast": ("Toast",),
}


def register() -> None:
    """Tell Kivy where the widgets are."""
    for module, names in NAMES.items():
        for name in names:
            Factory.register(name, module=f"mobile.widgets.{module}")


register()
