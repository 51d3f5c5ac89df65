"""What the first screen shows: one day's jobs in the order they want attention, and its week."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct, structs

from mobile.queries import Job
from mobile.texts import Words
from mobile.views.clocks import FOREVER
from mobile.views.job_card import (
    JobCard,
    day_of,
    is_begun,
    is_late,
    is_open,
    is_unsigned,
    job_card,
    with_clock,
)
from shared.clock import SKEW_TOLERATED_MS, zone_of

DAYS_BACK: Final = 1
DAYS_SHOWN: Final = 7
FINISHED: Final = ("done", "handed_in")


class Day(Struct, frozen=True, kw_only=True):
    """One day of the strip: its name, its number, how many jobs, whether it is the one shown."""

    date: str
    weekday: str
    number: str
    count: int
    chosen: bool
    today: bool
    spoken: str


class Group(Struct, frozen=True, kw_only=True):
    """Jobs that want the same: what they are called together, and whether they are urgent."""

    name: str
    title: str
    cards: tuple[JobCard, ...]
    urgent: bool = False


class Emptiness(Struct, frozen=True, kw_only=True):
    """Why there is nothing to see, and what to do about it."""

    title: str
    text: str
    action: str = ""


class TodayView(Struct, frozen=True, kw_only=True):
    """One day. `title` is its name, `subtitle` its date, `summary` how much of it is left."""

    day: str
    is_today: bool
    title: str
    subtitle: str
    days: tuple[Day, ...]
    summary: str
    groups: tuple[Group, ...]
    nothing: Emptiness | None


def today(
    jobs: Sequence[Job],
    words: Words,
    now: int,
    day: str | None = None,
    *,
    heard: int | None = None,
) -> TodayView:
    """The day asked for, or today. `heard` is when the office last answered, by its own clock."""
    is_behind = heard is not None and now < heard - SKEW_TOLERATED_MS
    wall = wall_time(jobs, words, now)
    here = wall[:10]
    shown = day or here
    if shown == here:
        groups = _groups_of_today(jobs, words, wall)
    else:
        groups = _groups_of(shown, jobs, words, wall)
    return TodayView(
        day=shown,
        is_today=shown == here,
        title=words("today", "title") if shown == here else words.day(shown),
        subtitle=_subtitle(shown, words, is_behind=is_behind) if shown == here else "",
        days=_strip(jobs, words, here, shown),
        summary=_summary(shown, jobs, words),
        groups=groups,
        nothing=None
        if groups
        else _nothing(jobs, words, is_today=shown == here, is_behind=is_behind),
    )


def _subtitle(day: str, words: Words, *, is_behind: bool) -> str:
    """Today's date, with a doubt where the phone's clock cannot be right."""
    return words.join(words("today", "clock_behind") if is_behind else "", words.day(day))


def wall_time(jobs: Sequence[Job], words: Words, now: int) -> str:
    """The time on the wall where most of the work is: planned times are wall times of the site."""
    zones = Counter(job.time_zone for job in jobs if job.time_zone)
    zone = zone_of(zones.most_common(1)[0][0]) if zones else None
    if zone is None:
        return words.wall(now)
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _groups_of_today(jobs: Sequence[Job], words: Words, wall: str) -> tuple[Group, ...]:
    here = wall[:10]
    left = [job for job in jobs if is_open(job) and not is_begun(job)]
    late = [job for job in left if is_late(job, wall)]
    sorted_out: dict[str, list[Job]] = {
        "now": [job for job in jobs if is_begun(job)],
        "overdue": late,
        "unsigned": [job for job in jobs if is_unsigned(job)],
        "later": [job for job in left if day_of(job) == here and job not in late],
        "unplanned": [job for job in left if job.planned_from is None],
        "office": [job for job in jobs if job.leaving],
        "closed": [
            job for job in jobs if _is_closed(job) and day_of(job) == here and not is_unsigned(job)
        ],
    }
    return _worded(sorted_out, words, wall)


def _groups_of(day: str, jobs: Sequence[Job], words: Words, wall: str) -> tuple[Group, ...]:
    there = [job for job in jobs if day_of(job) == day]
    sorted_out = {
        "that_day": [job for job in there if is_open(job)],
        "office": [job for job in there if job.leaving],
        "closed": [job for job in there if _is_closed(job)],
    }
    return _worded(sorted_out, words, wall)


def _worded(sorted_out: dict[str, list[Job]], words: Words, wall: str) -> tuple[Group, ...]:
    return tuple(
        Group(
            name=name,
            title=words("today", name),
            cards=tuple(job_card(job, words, wall) for job in jobs),
            urgent=name == "overdue",
        )
        for name, jobs in sorted_out.items()
        if jobs
    )


def with_clocks(
    groups: Iterable[Group], jobs: Iterable[Job], words: Words, at: int
) -> tuple[Group, ...]:
    """The same groups with what is due next on each card, at a moment of the office's time (ms).

    What nobody has planned comes by what is due first; all else stays in the order of the plan.
    """
    known = {job.id: job for job in jobs}

    def told(group: Group) -> Group:
        cards = tuple(with_clock(one, known[one.id], words, at) for one in group.cards)
        if group.name == "unplanned":
            cards = tuple(sorted(cards, key=_urgency))
        return group if cards == group.cards else structs.replace(group, cards=cards)

    return tuple(told(group) for group in groups)


def _urgency(card: JobCard) -> int:
    due = card.clock.due if card.clock is not None else None
    return FOREVER if due is None else due


def _is_closed(job: Job) -> bool:
    return not is_open(job) and not job.leaving


def _strip(jobs: Sequence[Job], words: Words, here: str, shown: str) -> tuple[Day, ...]:
    """Seven days from yesterday on; further ones where the day shown is not among them."""
    first = date.fromisoformat(here) - timedelta(days=DAYS_BACK)
    away = (date.fromisoformat(shown) - first).days // DAYS_SHOWN
    first += timedelta(days=away * DAYS_SHOWN)
    counts = Counter(day_of(job) for job in jobs if is_open(job))
    return tuple(
        _day(first + timedelta(days=after), counts, words, here=here, shown=shown)
        for after in range(DAYS_SHOWN)
    )


def _day(day: date, counts: Counter[str | None], words: Words, *, here: str, shown: str) -> Day:
    on = day.isoformat()
    return Day(
        date=on,
        weekday=words.weekday(day),
        number=str(day.day),
        count=counts[on],
        chosen=on == shown,
        today=on == here,
        spoken=words("today", "count_on_day", count=counts[on], day=words.day(day)),
    )


def _summary(day: str, jobs: Sequence[Job], words: Words) -> str:
    """What is left of a day, how long that is planned to take, and what is finished."""
    there = [job for job in jobs if day_of(job) == day and not job.leaving]
    left = [job for job in there if is_open(job)]
    finished = sum(job.status in FINISHED for job in there)
    length = sum(_length(job) for job in left)
    return words.join(
        words("today", "left", count=len(left)) if there else "",
        words("today", "planned", length=words.duration(length)) if length else "",
        words("today", "finished", count=finished) if finished else "",
    )


def _length(job: Job) -> int:
    """How long a job is planned to take, in milliseconds."""
    if job.planned_from is None or job.planned_to is None:
        return 0
    begin, end = (datetime.fromisoformat(one) for one in (job.planned_from, job.planned_to))
    return max(int((end - begin).total_seconds() * 1000), 0)


def removed(words: Words, days: int) -> Emptiness:
    """Why there is nothing on a phone that has not reached its office for so many days."""
    return Emptiness(
        title=words("today", "removed"),
        text=words("today", "removed_say", count=days),
        action=words("settings", "sync_now"),
    )


def _nothing(
    jobs: Sequence[Job], words: Words, *, is_today: bool, is_behind: bool = False
) -> Emptiness:
    return Emptiness(
        title=words("today", "none" if is_today else "none_that_day"),
        text=words("today", "none_behind" if is_behind else "none_say"),
        action=words("today", "show_all") if jobs else words("settings", "sync_now"),
    )
