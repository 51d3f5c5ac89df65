"""The wanted time: when somebody would like a visit, as people say it in Chinese or English."""

import datetime
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

Window = tuple[int, int]  # minutes after midnight

HOUR: Final = 60
DAY_END: Final = 23 * HOUR + 59
WINDOW_MINUTES: Final = 120  # how long a window is when only one hour was said
WORKDAY: Final[Window] = (9 * HOUR, 17 * HOUR)
MORNING: Final[Window] = (9 * HOUR, 12 * HOUR)
AFTERNOON: Final[Window] = (13 * HOUR, 17 * HOUR)
EVENING: Final[Window] = (18 * HOUR, 20 * HOUR)
NOON: Final[Window] = (12 * HOUR, 14 * HOUR)
# A bare hour up to this one is meant in the afternoon: nobody asks for a visit at three at night.
BARE_AFTERNOON_UNTIL: Final = 7
NOON_HOUR: Final = 12
BEFORE: Final = frozenset({"前", "之前", "以前", "before", "by"})
NOTHING: Final = (0, 0)
CLUE_CHARS: Final = 8  # how far from a time its meaning may be told

PARTS: Final[dict[str, Window]] = {
    **dict.fromkeys(("早上", "早晨", "早", "上午", "morning"), MORNING),
    **dict.fromkeys(("before noon", "by noon", "before lunch"), MORNING),
    **dict.fromkeys(("中午", "noon"), NOON),
    **dict.fromkeys(("下午", "傍晚", "afternoon"), AFTERNOON),
    **dict.fromkeys(("晚上", "晚", "evening", "tonight"), EVENING),
}
DAYS_AHEAD: Final = {
    **dict.fromkeys(("今天", "今日", "今", "today", "tonight"), 0),
    **dict.fromkeys(("明天", "明日", "明", "tomorrow"), 1),
    **dict.fromkeys(("后天", "day after tomorrow"), 2),
    "大后天": 3,
}
WEEKDAYS: Final = {
    **{sign: number for number, sign in enumerate("一二三四五六日")},
    "天": 6,
    **{
        name: number
        for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    },
}
MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
DIGITS: Final = {sign: number for number, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
QUARTERS: Final = {"半": 30, "一刻": 15, "三刻": 45}

_HOUR_ZH: Final = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,2})"
_CLOCK_ZH: Final = rf"(?:{_HOUR_ZH}\s?[点时](?:半|一刻|三刻|\d{{1,2}}分?)?|\d{{1,2}}[:：]\d{{2}})"
_ZH: Final = re.compile(
    r"(?P<day>大后天|今天|今日|明天|明日|后天|[今明](?=[早晚])"
    r"|(?P<next>下个?|本|这个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?P<month>\d{1,2})月(?P<date>\d{1,2})[日号]?)?"
    r"\s*(?P<part>早上|早晨|上午|中午|下午|傍晚|晚上|[早晚](?![点了就]))?"
    rf"\s*(?P<start>{_CLOCK_ZH})?"
    rf"(?:\s*[到至\-—–~]\s*(?P<end>{_CLOCK_ZH}))?"
    r"(?:[ \t]*(?P<edge>之前|以前|之后|以后|前(?!天)|后(?!天)))?"
)
_CLOCK: Final = re.compile(rf"({_HOUR_ZH})\s?[点时:：.]?\s?(半|一刻|三刻|\d{{1,2}})?")
_CLOCK_EN: Final = r"\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|o'clock)?"
_CERTAIN_EN: Final = r"\d{1,2}(?:[:.]\d{2}\s?(?:am|pm)?|\s?(?:am|pm|a\.m\.|p\.m\.|o'clock))"
_UNTIL_EN: Final = rf"(?:\s*(?:-|–|to|and|until)\s*(?P<end>{_CLOCK_EN}))?"
_NO_MEASURE: Final = (
    r"(?![\d:.]*\d|\s?(?:min|hour|degree|bar|%|°|years?|days?|times?|weeks?|months?))"
)
_EDGE_EN: Final = r"(?P<edge>before|by|after|from|between|at|around)"
_MONTH_EN: Final = rf"(?:{'|'.join(MONTHS)})[a-z]*\.?"
_EN: Final = re.compile(
    r"\b(?P<day>day after tomorrow|today|tonight|tomorrow"
    r"|(?P<next>next\s|this\s|on\s)?(?P<weekday>mon|tue|wed|thu|fri|sat|sun)"
    r"(?:day|sday|s|nesday|rsday|urday)?\b"
    rf"|(?P<date>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month>{_MONTH_EN})"
    rf"|(?P<month2>{_MONTH_EN})\s(?P<date2>\d{{1,2}})(?:st|nd|rd|th)?\b)"
    r"(?:,?\s*(?:in the\s|at\s)?"
    r"(?P<part>(?:before|by) noon|before lunch|morning|afternoon|evening|noon)\b)?"
    rf"(?:,?\s*{_EDGE_EN}?\s*(?P<start>{_CLOCK_EN}){_UNTIL_EN}{_NO_MEASURE})?",
    re.IGNORECASE,
)
_BARE_EN: Final = re.compile(
    rf"(?:\b{_EDGE_EN}\s+)?\b(?P<start>{_CERTAIN_EN}){_UNTIL_EN}{_NO_MEASURE}", re.IGNORECASE
)
_WISHES: Final = re.compile(
    r"来|过来|上门|方便|有空|在家|希望|可以|能不能|约|最好|麻烦|请|安排"
    r"|please|come|visit|free|home|available|could|can|would|prefer|appointment|best",
    re.IGNORECASE,
)
# What is told, not wished: "not cooling since this morning".
_TOLD: Final = re.compile(r"^\s*(?:开始|起|就|坏|发现|出现|突然|还好|装|修过|买)", re.IGNORECASE)
_SINCE: Final = re.compile(r"(?:从|自|自从|since|from|bought|installed)\s*$", re.IGNORECASE)


class Wanted(Struct, frozen=True, kw_only=True):
    """When somebody would like a visit: wall times at the site, and where in the text it stands."""

    start: int
    end: int
    planned_from: str
    planned_to: str


class Said(Struct, frozen=True, kw_only=True):
    """The words of a time; an empty one was not said."""

    day: str = ""
    next: str = ""
    weekday: str = ""
    month: str = ""
    date: str = ""
    month2: str = ""
    date2: str = ""
    part: str = ""
    start: str = ""
    end: str = ""
    edge: str = ""


def wanted(text: str, now: datetime.datetime) -> Wanted | None:
    """The time a text asks for, or None. `now` is the wall time at the site."""
    best: tuple[tuple[int, int], Wanted] | None = None
    for found, said in _candidates(text):
        window = _window_of(said, now)
        weight = (_weight(text, found, said), len(found[0]))
        if window is None or weight < NOTHING or (best is not None and weight < best[0]):
            continue
        best = (weight, _placed(found, window))
    return best[1] if best is not None else None


def _candidates(text: str) -> Iterator[tuple[re.Match[str], Said]]:
    for pattern in (_ZH, _EN, _BARE_EN):
        for found in pattern.finditer(text):
            named = Said(**{name: value or "" for name, value in found.groupdict().items()})
            if named.day or named.start:
                yield found, named


def _weight(text: str, found: re.Match[str], said: Said) -> int:
    """How much a time looks like a wish; below zero it is told about the past."""
    before, after = text[: found.start()], text[found.end() :]
    if _TOLD.match(after) or _SINCE.search(before):
        return -1
    nearby = before[-CLUE_CHARS:] + "\n" + after[:CLUE_CHARS]
    told = 2 * bool(said.start) + 2 * bool(said.day)
    return told + bool(_WISHES.search(nearby))


def _window_of(said: Said, now: datetime.datetime) -> tuple[datetime.date, Window] | None:
    window = _hours(said)
    if window is None:
        return None
    if said.day:
        day = _day(said, now.date())
        return None if day is None else (day, window)
    passed = window[1] <= now.hour * HOUR + now.minute
    return (now.date() + datetime.timedelta(days=1 if passed else 0), window)


def _hours(said: Said) -> Window | None:
    """The window of a day that was said, or None where the hours are none."""
    part = said.part.lower() or ("tonight" if said.day.lower() == "tonight" else "")
    if not said.start:
        return _part_of_day(part, said.edge)
    late = _is_late(said, part)
    start = _minutes(said.start, is_late=late, is_named=bool(part))
    if start is None:
        return None
    end = _minutes(said.end, is_late=late, is_named=bool(part)) if said.end else None
    if end is not None and end > start:
        return (start, end)
    return _by_edge(said.edge.lower(), start)


def _part_of_day(part: str, edge: str) -> Window:
    """A part of the day, or what of the working day is before it."""
    window = PARTS.get(part, WORKDAY)
    before = edge in BEFORE and window[0] > WORKDAY[0]
    return (WORKDAY[0], window[0]) if before else window


def _by_edge(edge: str, minute: int) -> Window:
    if edge in BEFORE:
        return (max(minute - WINDOW_MINUTES, 0), max(minute, 1))
    return (min(minute, DAY_END - 1), min(minute + WINDOW_MINUTES, DAY_END))


def _is_late(said: Said, part: str) -> bool:
    """Whether hours below twelve are meant after noon."""
    named = PARTS.get(part, MORNING) != MORNING
    return named or re.search(r"p\.?m", said.start + said.end, re.IGNORECASE) is not None


def _minutes(clock: str, *, is_late: bool, is_named: bool) -> int | None:
    """Minutes after midnight of a clock time as it was said."""
    found = _CLOCK.match(clock)
    assert found is not None
    hour = int(found[1]) if found[1].isdigit() else _in_words(found[1])
    rest = found[2] or "0"
    minute = QUARTERS[rest] if rest in QUARTERS else int(rest)
    written = re.search(r"a\.?m|\d\d[:：.]\d", clock, re.IGNORECASE) is not None
    bare = not is_named and not written and 0 < hour <= BARE_AFTERNOON_UNTIL
    if hour < NOON_HOUR and (is_late or bare):
        hour += NOON_HOUR
    return None if hour > 23 or minute > 59 else hour * HOUR + minute


def _in_words(words: str) -> int:
    """An hour in Chinese numerals: 三, 十, 十一."""
    ten, _, rest = words.rpartition("十")
    tens = (DIGITS[ten] if ten else 1) if "十" in words else 0
    return tens * 10 + (DIGITS[rest] if rest else 0)


def _day(said: Said, today: datetime.date) -> datetime.date | None:
    named = said.day.lower()
    if named in DAYS_AHEAD:
        return today + datetime.timedelta(days=DAYS_AHEAD[named])
    if said.month or said.month2:
        return _on_date(said.month or said.month2, int(said.date or said.date2), today)
    weekday = WEEKDAYS[said.weekday.lower()]
    if said.next.strip().lower() in ("下", "下个", "next"):
        return today + datetime.timedelta(days=weekday - today.weekday() + 7)
    return today + datetime.timedelta(days=(weekday - today.weekday()) % 7)


def _on_date(month: str, date: int, today: datetime.date) -> datetime.date | None:
    """The next day of that date; a day that is over is meant next year."""
    number = int(month) if month.isdigit() else MONTHS[month.lower()[:3]]
    for year in (today.year, today.year + 1):
        try:
            day = datetime.date(year, number, date)
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _placed(found: re.Match[str], window: tuple[datetime.date, Window]) -> Wanted:
    day, (start, end) = window
    said = found[0]
    return Wanted(
        start=found.start() + len(said) - len(said.lstrip()),
        end=found.start() + len(said.rstrip()),
        planned_from=f"{day}T{start // HOUR:02d}:{start % HOUR:02d}",
        planned_to=f"{day}T{end // HOUR:02d}:{end % HOUR:02d}",
    )
