"""The story of a job and of its machine: this job's steps, and the visits before it."""

from collections.abc import Mapping

from msgspec import Struct

from mobile.queries import Past, Sheet
from mobile.texts import Words
from mobile.views.checklist import shown
from shared.work_order import Completion, StatusChange


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened: when, what, and by whom."""

    when: str
    what: str


class Earlier(Struct, frozen=True, kw_only=True):
    """One earlier visit to the machine: how it ended, what was found, done and read."""

    when: str
    title: str
    found: str
    done: str
    remark: str
    readings: tuple[tuple[str, str, bool], ...]


class HistoryView(Struct, frozen=True, kw_only=True):
    """Both stories, the newest first; `ended` are this job's own visits."""

    title: str
    moments: tuple[Moment, ...]
    ended: tuple[Earlier, ...]
    earlier: tuple[Earlier, ...]


def history(sheet: Sheet, words: Words, now: int) -> HistoryView:
    """What happened on a job, and on its machine before."""
    return HistoryView(
        title=words("job_history", "title"),
        moments=tuple(_moment(one, sheet.names, words, now) for one in reversed(sheet.statuses)),
        ended=tuple(_ended(one, sheet.names, words, now) for one in reversed(sheet.completions)),
        earlier=tuple(_earlier(one, words, now) for one in sheet.history),
    )


def _moment(step: StatusChange, names: Mapping[str, str], words: Words, now: int) -> Moment:
    name = names.get(step.person_id, words("job_notes", "somebody"))
    what = words("job_history", "who", name=name, what=words("kinds", step.verb))
    return Moment(when=words.moment(step.at, now), what=what)


def _ended(report: Completion, names: Mapping[str, str], words: Words, now: int) -> Earlier:
    return Earlier(
        when=words.join(words.moment(report.at, now), names.get(report.person_id)),
        title=words("outcomes", report.outcome),
        found=report.diagnosis,
        done=report.work_done,
        remark=report.remark,
        readings=(),
    )


def _earlier(past: Past, words: Words, now: int) -> Earlier:
    visit = past.visit
    when = words.near_day(words.local(visit.ended_at).date(), words.today(now))
    return Earlier(
        when=words.join(when, past.person, visit.number),
        title=words("outcomes", visit.outcome),
        found=visit.diagnosis,
        done=visit.work_done,
        remark=visit.remark,
        readings=tuple(
            (
                str(getattr(one.item, words.language)),
                shown(one.item, one.reading, words),
                one.reading.out_of_limits,
            )
            for one in past.readings
            if one.item is not None
        ),
    )
