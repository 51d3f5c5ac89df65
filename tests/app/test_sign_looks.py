"""How the customer's moment and the report look: nothing cut, nothing on top of something else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from shared.texts import Language
from tests.app import signed
from tests.app.driver import LARGE, SMALL, Driver
from tests.app.folders import NOW_MS
from tests.app.test_job_looks import look
from tests.proof import INK

STEPS: Final = ("check", "who", "ink", "refuse", "technician", "leave")
NAME: Final = "欧阳" * 100


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """A phone by its name, made once, and the job on it."""
    known: dict[str, tuple[Path, str]] = {}

    def make(name: str) -> tuple[Path, str]:
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            found = getattr(signed, name)(folder)
            known[name] = (folder, found if isinstance(found, str) else found[0])
        return known[name]

    return make


def walk(hand: Driver, job: str) -> list[str]:
    """Every step of a sign-off from its top to its end, and the report."""
    hand.go("sign_off", id=job, purpose="visit")
    page, found = hand.page, look(hand, "prepare")
    page.hand_over()
    page.change(signer=NAME, signer_role="other", relation=NAME, ink=INK, technician_ink=INK)
    for step in STEPS:
        page.turn(step, news="changed_ink")
        found += ends(hand, step)
    page.change(handed=False)
    hand.app.hold(held=False)
    hand.app.drafts.clear("sign/")
    hand.go("report", id=job)
    return found + ends(hand, "report")


def ends(hand: Driver, where: str) -> list[str]:
    """What is wrong at the top and at the end."""
    hand.frames(4)
    found = look(hand, where)
    hand.root.scroll(0.0)
    hand.frames(3)
    return found + look(hand, f"{where} end")


@pytest.mark.parametrize(
    ("language", "scale", "size", "theme"),
    [
        ("en", 1.0, SMALL, "light"),
        pytest.param("zh", 1.3, LARGE, "dark", marks=pytest.mark.slow),
        ("en", 1.6, SMALL, "light"),
        pytest.param("zh", 1.6, SMALL, "outdoor", marks=pytest.mark.slow),
        pytest.param("en", 1.0, (800, 412), "light", marks=pytest.mark.slow),
        pytest.param("en", 1.6, (800, 412), "light", marks=pytest.mark.slow),
    ],
)
def test_everything_has_its_place(
    folders: Any, driver: Driver, language: Language, scale: float, size: Any, theme: str
) -> None:
    folder, job = folders("overfull")
    look_of: dict[str, Any] = {"language": language, "text_scale": scale, "theme": theme}
    hand = driver.start(folder, size=size, now_ms=NOW_MS, **look_of)
    assert walk(hand, job) == []


def test_what_is_signed_for_is_never_cut_on_a_phone_held_across(
    folders: Any, driver: Driver
) -> None:
    folder, job = folders("overfull")
    look_of: dict[str, Any] = {"language": "zh", "text_scale": 1.6, "size": (640, 360)}
    hand = driver.start(folder, now_ms=NOW_MS, **look_of).go("sign_off", id=job, purpose="visit")
    hand.page.hand_over()
    hand.page.turn("ink")
    hand.frames(4)
    button = hand.find("确认签字", "PushButton")
    assert button.text.endswith(button.ids.label._label.text.rpartition("\n")[2])
