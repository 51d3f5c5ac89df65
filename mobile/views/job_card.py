"""A job as a card of a list: when, what, where, and how safe it is, in words and marks."""

from typing import Final

from msgspec import Struct, structs

from mobile.queries import Job, Sync
from mobile.texts import Words
from mobile.views.clocks import ClockMark, clock_mark
from mobile.views.ready import missing_words
from mobile.views.work_order import PRIORITY_TONES, SYNC_ICONS, SYNC_TONES, Tone, status_tone
from shared.work_order import OPEN

DAY_CHARS: Final = 10  # of 2026-11-23T09:30
BEGUN: Final = frozenset({"en_route", "on_site", "working", "paused"})
# The class of a machine, or a word in it -> an icon. The first that fits.
TRADES: Final[dict[str, str]] = {
    "ac": "ac_unit",
    "vrf": "ac_unit",
    "chiller": "ac_unit",
    "fridge": "ac_unit",
    "freezer": "ac_unit",
    "washer": "water_drop",
    "heater": "thermostat",
    "boiler": "thermostat",
    "pump": "plumbing",
    "cold": "ac_unit",
    "compressor": "precision_manufacturing",
    "lift": "elevator",
    "elevator": "elevator",
    "ups": "bolt",
    "generator": "bolt",
}
ANY_TRADE: Final = "handyman"
UNSIGNED: Final = ("unsigned", "anew")


class JobCard(Struct, frozen=True, kw_only=True):
    """One job of a list. `spoken` says all of it in one sentence.

    `late` marks a job that should be under way by now; `note` says what is odd about it, and
    `clock` what is due next, where anything is.
    """

    id: str
    number: str
    time: str
    title: str
    customer: str
    address: str
    machine: str
    icon: str
    status: str
    status_tone: Tone
    priority: str
    priority_tone: Tone
    sync: Sync
    sync_text: str
    sync_icon: str
    sync_tone: Tone
    note: str
    late: bool
    faded: bool
    spoken: str
    clock: ClockMark | None = None


def job_card(job: Job, words: Words, wall: str, *, with_day: bool = False) -> JobCard:
    """The card of a job. `wall` is the wall time now where the work is."""
    late, note = is_late(job, wall), _note(job, words, wall)
    time = time_text(job, words, wall, with_day=with_day)
    hot = job.priority in PRIORITY_TONES
    priority = words("priorities", job.priority) if hot else ""
    number = words.called(job)
    status, sync = words("statuses", job.status), words("card", f"sync_{job.sync}")
    told = (time, job.summary, job.customer, job.address, status, priority, sync, note)
    return JobCard(
        id=job.id,
        number=number,
        time=time,
        title=job.summary,
        customer=job.customer,
        address=job.address,
        machine=job.machine,
        icon=trade_icon(job.trade),
        status=status,
        status_tone="warning" if is_unsigned(job) else status_tone(job.status, job.sync),
        priority=priority,
        priority_tone=PRIORITY_TONES.get(job.priority, "neutral"),
        sync=job.sync,
        sync_text=sync,
        sync_icon=SYNC_ICONS[job.sync],
        sync_tone=SYNC_TONES[job.sync],
        note=note,
        late=late,
        faded=job.leaving or not (is_open(job) or is_unsigned(job)),
        spoken=words.join(number, *told),
    )


def with_clock(card: JobCard, job: Job, words: Words, at: int) -> JobCard:
    """The card of a job with what is due next on it, at a moment of the office's time (ms)."""
    mark = clock_mark(job.timed, words, at) if is_open(job) else None
    if mark is None:
        return card
    return structs.replace(card, clock=mark, spoken=words.join(card.spoken, mark.text, mark.left))


def _note(job: Job, words: Words, wall: str) -> str:
    """What is odd about a job: somebody else's, unsigned, not all here, or begun before."""
    if job.leaving:
        return words("card", "leaving")
    if job.signature in UNSIGNED:
        return words("card", job.signature)
    if job.gaps and is_ahead(job, wall):
        return words("ready", "mark", what=missing_words(job.gaps, words))
    comes_again = is_open(job) and not is_begun(job) and job.outcome is not None
    return words("card", "again", outcome=job.outcome) if comes_again else ""


def time_text(job: Job, words: Words, wall: str, *, with_day: bool = False) -> str:
    """When a job is planned, with its day where that is not today."""
    if job.planned_from is None:
        return words("card", "no_time")
    span = words.span(job.planned_from, job.planned_to)
    day = day_of(job)
    if not with_day and day == wall[:DAY_CHARS]:
        return span
    return words.join(words.short_day(job.planned_from), span) if day != wall[:DAY_CHARS] else span


def is_open(job: Job) -> bool:
    """Whether something is still to be done on a job by whoever holds this phone."""
    return job.status in OPEN and not job.leaving


def is_unsigned(job: Job) -> bool:
    """Whether a job is done but for the signature of its customer, or needs a new one."""
    return job.signature in UNSIGNED and not is_open(job) and not job.leaving


def is_begun(job: Job) -> bool:
    """Whether somebody is at a job or on the way to it."""
    return job.status in BEGUN and not job.leaving


def is_late(job: Job, wall: str) -> bool:
    """Whether a job's time is over and nobody has set off."""
    end = job.planned_to or job.planned_from
    return is_open(job) and not is_begun(job) and end is not None and end < wall


def is_ahead(job: Job, wall: str) -> bool:
    """Whether a job is for another day than today, so that what it lacks can still come."""
    return is_open(job) and not is_begun(job) and (day_of(job) or "") > wall[:DAY_CHARS]


def day_of(job: Job) -> str | None:
    """The day a job is planned for."""
    return job.planned_from[:DAY_CHARS] if job.planned_from is not None else None


def trade_icon(trade: str) -> str:
    """The icon of a class of machines."""
    steps = trade.lower().replace("-", "_").split("_")
    return next((icon for word, icon in TRADES.items() if word in steps), ANY_TRADE)
