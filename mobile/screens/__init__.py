"""The screens and sheets there are; each is loaded when it is first shown."""

from importlib import import_module
from typing import Any, Final

from mobile.queries import Waiting
from mobile.shell import Shell
from mobile.texts import Words

# Name of a place -> module and class. The first of the bottom bar is where the app begins.
SCREENS: Final[dict[str, str]] = {
    "today": "mobile.screens.today:TodayScreen",
    "jobs": "mobile.screens.jobs:JobsScreen",
    "van": "mobile.screens.van:VanScreen",
    "inbox": "mobile.screens.inbox:InboxScreen",
    "me": "mobile.screens.me:MeScreen",
    "outbox": "mobile.screens.outbox:OutboxScreen",
    "enrol": "mobile.screens.enrol:EnrolScreen",
    "waiting": "mobile.screens.waiting:WaitingScreen",
    "pin": "mobile.screens.pin:PinScreen",
    "trouble": "mobile.screens.trouble:TroublePage",
    "work_order": "mobile.screens.work_order:WorkOrderScreen",
    "checklist": "mobile.screens.checklist:ChecklistScreen",
    "photos": "mobile.screens.photos:PhotosScreen",
    "photo": "mobile.screens.photo:PhotoScreen",
    "draw": "mobile.screens.draw:DrawScreen",
    "parts": "mobile.screens.parts:PartsScreen",
    "bill": "mobile.screens.bill:BillScreen",
    "notes": "mobile.screens.notes:NotesScreen",
    "details": "mobile.screens.details:DetailsScreen",
    "history": "mobile.screens.history:HistoryScreen",
    "sign_off": "mobile.screens.sign_off:SignOffScreen",
    "report": "mobile.screens.report:ReportScreen",
}
SHEETS: Final[dict[str, str]] = {
    "entry": "mobile.screens.entry:EntrySheet",
    "repair": "mobile.screens.entry:RepairSheet",
    "give_up": "mobile.screens.entry:GiveUpSheet",
    "van_part": "mobile.screens.van:VanPartSheet",
    "outcome": "mobile.screens.outcome:OutcomeSheet",
    "other": "mobile.screens.job_steps:OtherSheet",
    "pause": "mobile.screens.job_steps:PauseSheet",
    "begin": "mobile.screens.beginning:BeginSheet",
    "decline": "mobile.screens.job_steps:DeclineSheet",
    "customer_says": "mobile.screens.customer_says:CustomerSaysSheet",
    "told": "mobile.screens.telling:ToldSheet",
    "clocks": "mobile.screens.clock_sheet:ClocksSheet",
    "after_call": "mobile.screens.after_call:AfterCallSheet",
    "wish": "mobile.screens.after_call:WishSheet",
    "reading": "mobile.screens.readings:ReadingSheet",
    "comment": "mobile.screens.readings:CommentSheet",
    "find_part": "mobile.screens.part_sheets:FindPartSheet",
    "use_part": "mobile.screens.part_sheets:UsePartSheet",
    "order_part": "mobile.screens.part_sheets:OrderPartSheet",
    "take_back": "mobile.screens.part_sheets:TakeBackSheet",
    "caption": "mobile.screens.photo_sheets:CaptionSheet",
    "drop_photo": "mobile.screens.photo_sheets:DropPhotoSheet",
    "raw_photo": "mobile.screens.photo_sheets:RawPhotoSheet",
    "coverage": "mobile.screens.bill_sheets:CoverageSheet",
    "discount": "mobile.screens.bill_sheets:DiscountSheet",
    "decline_quote": "mobile.screens.bill_sheets:DeclineQuoteSheet",
    "charge": "mobile.screens.charge:ChargeSheet",
    "quote": "mobile.screens.quote:QuoteSheet",
    "payment": "mobile.screens.payment:PaymentSheet",
    "paid": "mobile.screens.payment:PaidSheet",
    "invoice": "mobile.screens.invoice:InvoiceSheet",
    "take_away": "mobile.screens.take_away:TakeAwaySheet",
    "item": "mobile.screens.take_away:ItemSheet",
}
# The places of the bottom bar, with their icons.
ROOTS: Final[dict[str, str]] = {
    "today": "today",
    "jobs": "assignment",
    "van": "local_shipping",
    "inbox": "inbox",
    "me": "person",
}


def made(where: str, shell: Shell) -> Any:
    """The screen or the sheet that a table names, loaded now."""
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)(shell)


def bar(waiting: Waiting | None, words: Words) -> list[tuple[str, str, str, int]]:
    """The places of the bottom bar, with what waits to be seen in each."""
    counts = {"inbox": waiting.unread, "me": waiting.attention} if waiting else {}
    return [
        (name, icon, words("kit.nav", name), counts.get(name, 0)) for name, icon in ROOTS.items()
    ]
