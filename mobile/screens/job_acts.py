"""What a tap on a job does: say a step, open what has to be asked first, call, copy, navigate."""

from typing import Final

from mobile.queries import Sheet
from mobile.shell import Place, Shell
from mobile.views.call import call
from mobile.views.step import VERBS, Action, is_unseen
from shared.records import Aggregate

# Steps that ask something first, and the sheet that asks.
ASKED: Final = {
    "finish": "outcome",
    "end": "outcome",
    "pause": "pause",
    "decline": "decline",
    "begin": "begin",
}

# Steps that lead to another screen of the job.
LED: Final = {
    "checks": "checklist",
    "photos": "photos",
    "charges": "bill",
    "sign": "sign_off",
    "report": "report",
}


def on(sheet: Sheet) -> Aggregate:
    """What an act on a job is on."""
    return ("work_order", sheet.order.id)


def draft(sheet_id: str, *parts: str) -> str:
    """The key of what is being written on a job; all of a job's begin alike."""
    return "/".join(("job", sheet_id, *parts))


def see(shell: Shell, sheet: Sheet) -> None:
    """Tell the office that its technician has opened the job, once."""
    if is_unseen(sheet, shell.phone.owner.person) and not sheet.job.leaving:
        shell.record("work_order.see", on(sheet), {})


def take(shell: Shell, sheet: Sheet, action: Action) -> None:
    """Take the next step, or ask first what it needs."""
    job = sheet.order.id
    if action in VERBS:
        said(shell, sheet, VERBS[action], action)
    elif action in LED:
        shell.go(Place(LED[action], {"id": job}))
    elif action == "finish":
        shell.show_sheet("outcome", job=job, outcome="done")
    else:
        shell.show_sheet(ASKED[action], job=job)


def said(
    shell: Shell, sheet: Sheet, kind: str, told: str, args: dict[str, str] | None = None
) -> bool:
    """Say one act, let the hand feel it, and tell that it is safe."""
    if not shell.say(kind, on(sheet), dict(args or {})):
        shell.adapters.haptics.feel("wrong")
        return False
    shell.adapters.haptics.feel("done")
    shell.note(shell.words("job_taken", told))
    return True


def ring_up(shell: Shell, sheet: Sheet) -> None:
    """Call whom one would call on this job, and ask afterwards how it went."""
    whom = call(sheet)
    if whom is None:
        return
    job = sheet.order.id
    if shell.adapters.share.call(whom.dialled):
        shell.show_sheet("after_call", job=job)
        return
    shell.adapters.share.text(whom.number)
    shell.show_sheet("after_call", job=job, copied="yes")


def navigate(shell: Shell, sheet: Sheet) -> None:
    """Show the way to the job in the device's own map."""
    address = sheet.site.address if sheet.site is not None else ""
    if not shell.adapters.share.map(address):
        shell.adapters.share.text(address)
        shell.note(shell.words("job_call", "unable_map"))


def copy_address(shell: Shell, sheet: Sheet) -> None:
    """Copy the address, for a map or a chat."""
    address = sheet.site.address if sheet.site is not None else ""
    if shell.adapters.share.text(address):
        shell.note(shell.words("job_call", "copied", text=address))
