"""The screens and sheets there are; each is loaded when it is first shown."""

from typing import Final

# Name of a place -> module and class. The first of the bottom bar is where the app begins.
SCREENS: Final[dict[str, str]] = {
    "today": "mobile.screens.today:TodayScreen",
    "jobs": "mobile.screens.jobs:JobsScreen",
    "van": "mobile.screens.van:VanScreen",
    "inbox": "mobile.screens.inbox:InboxScreen",
    "me": "mobile.screens.me:MeScreen",
    "outbox": "mobile.screens.outbox:OutboxScreen",
    "enrol": "mobile.screens.enrol:EnrolScreen",
    "pin": "mobile.screens.pin:PinScreen",
    "trouble": "mobile.screens.trouble:TroublePage",
    "work_order": "mobile.screens.work_order:WorkOrderPage",
    "checklist": "mobile.screens.checklist:ChecklistPage",
    "parts": "mobile.screens.parts:PartsPage",
    "notes": "mobile.screens.notes:NotesPage",
    "details": "mobile.screens.details:DetailsPage",
}
SHEETS: Final[dict[str, str]] = {}
# The places of the bottom bar, with their icons.
ROOTS: Final[dict[str, str]] = {
    "today": "today",
    "jobs": "assignment",
    "van": "local_shipping",
    "inbox": "inbox",
    "me": "person",
}
ENROL: Final = "enrol"
PIN: Final = "pin"
TROUBLE: Final = "trouble"
