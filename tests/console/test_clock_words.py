"""Clocks in words: both times of what was done offline, ranges where nobody can know, the rule."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.console import clock_words
from server.console.speech import Speech
from server.texts import read_catalogue
from shared.clocks import Clock
from shared.policy import Limit, ServicePolicy
from shared.pressing import most_pressing
from shared.texts import Language
from tests.console.house import HOUR_MS, MINUTE_MS, ROOT, START_MS

ZONE = "Asia/Shanghai"  # where it is 10:30
TEXTS: dict[Language, Path] = {
    "en": ROOT / "assets" / "texts" / "en",
    "zh": ROOT / "assets" / "texts" / "zh",
}
POLICY = ServicePolicy(
    id="p", name="house", number=1, valid_from="2026-01-01", en="House", zh="本店", by="x", at=0,
    limits=(
        Limit(id="urban", node="arrive", start="assigned", stop="arrived", amount=2,
              when={"zone": ("urban",)}, source=("R-SLA-08",)),
        Limit(id="urgent", node="arrive", start="assigned", stop="arrived", amount=24,
              when={"urgency": ("urgent",)}),
    ),
)  # fmt: skip


def speech(language: Language = "en") -> Speech:
    return Speech(
        catalogue=read_catalogue(TEXTS[language]),
        language=language,
        zone=ZoneInfo(ZONE),
        now_ms=START_MS,
    )


def clock(**told: object) -> Clock:
    usual = {"limit": "urban", "node": "arrive", "state": "met", "reason": "in_time"}
    return Clock(**{**usual, **told})  # type: ignore[arg-type]  # each is named by its test


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Stopped 08:30 on site (technician arrived), received 10:30"),
        ("zh", "08:30在现场停止（到达现场），10:30收到"),
    ],
)
def test_what_was_done_offline_tells_when_it_was_done_and_when_that_was_learnt_of(
    language: Language, words: str
) -> None:
    told = clock(stopped=START_MS - 2 * HOUR_MS, stopped_by="arrived", received=START_MS)
    assert clock_words.face(speech(language), told, POLICY, ZONE).stopped == words


def test_what_was_learnt_of_at_once_has_one_time() -> None:
    told = clock(stopped=START_MS, stopped_by="arrived", received=START_MS + 1_000)
    said = clock_words.face(speech(), told, POLICY, ZONE).stopped
    assert said == "Stopped 10:30 (technician arrived)"


def test_an_uncertain_time_is_a_range_and_at_risk_and_no_breach() -> None:
    told = clock(
        state="uncertain",
        reason="start_uncertain",
        due=START_MS,
        due_earliest=START_MS - HOUR_MS,
        due_latest=START_MS + HOUR_MS,
        remaining=0,
    )
    face = clock_words.face(speech(), told, POLICY, ZONE)
    assert face.due == "between 09:30 and 11:30"
    assert (face.at_risk, face.is_over, face.word) == (True, False, "Uncertain")


def test_of_two_limits_the_stricter_says_that_it_goes_before_the_other() -> None:
    told = clock(state="running", reason="running", over=("urgent",), due=START_MS + HOUR_MS)
    face = clock_words.face(speech(), told, POLICY, ZONE)
    assert face.rule == "within 2 h (urban), stricter than: within 24 h"
    assert face.source == "R-SLA-08"


def test_what_is_over_presses_before_what_is_near_and_that_before_what_has_time() -> None:
    over = clock(state="breached", reason="overdue", due=START_MS - 1, remaining=-1)
    near = clock(
        state="running", reason="running", due=START_MS + MINUTE_MS, warn_at=START_MS, remaining=1
    )
    calm = clock(state="running", reason="running", due=START_MS + 2, warn_at=START_MS + 1)
    done = clock(state="breached", reason="late", due=START_MS - 9, stopped=START_MS)
    told = [calm, done, near, over]
    for first in (over, near, calm):
        assert most_pressing(told, START_MS) is first
        told.remove(first)
    assert most_pressing(told, START_MS) is None
