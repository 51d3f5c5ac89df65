"""The report on the phone: what the seal says, and a paper that is made and handed on."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mobile.signing import Given
from tests.app.conftest import Open
from tests.app.driver import Driver
from tests.app.test_sign_off import SEEN, finish, job_of, said
from tests.mobile.test_signing import GIVEN, args_of
from tests.world import ANN


@pytest.fixture
def reported(app: Open) -> Callable[..., Driver]:
    """The app at the report of a finished job, signed unless one says otherwise."""

    def opened(*, signed: bool = True, **look: Any) -> Driver:
        hand = app("ordinary", **look)
        finish(hand)
        if signed:
            sign(hand)
        return hand.go("report", id=job_of(hand))

    return opened


def sign(hand: Driver, given: Given = GIVEN) -> None:
    """Have the finished visit signed for, or refused."""
    from shared.document import Document
    from shared.showing import Asked, build

    jobs = (job_of(hand),)
    asked = Asked(purpose="visit", jobs=jobs, person=ANN, language="zh", made_at=hand.app.now)
    document = build(hand.app.phone.queries.shown(jobs), asked)
    assert isinstance(document, Document)
    assert hand.app.say("sign_off.take", ("work_order", jobs[0]), args_of(document, given))


def wait(hand: Driver, holds: Callable[[], Any]) -> None:
    """Draw frames until something holds that another thread does, however busy the machine is."""
    for _ in range(20):
        with suppress(AssertionError):
            hand.until(holds)
            return
    raise AssertionError("it never came to that")


def test_a_signed_report_tells_code_signer_and_that_the_office_compares_it(reported: Any) -> None:
    hand = reported()
    sheet = hand.app.phone.queries.sheet(job_of(hand))
    assert sheet is not None
    code = sheet.signing.sign_off.code
    told = said(hand)
    assert "Signed, on its way" in told
    assert code in told
    assert GIVEN.signer in told
    assert "New belt" in told


def test_whoever_did_not_sign_is_not_said_to_have_signed(reported: Any) -> None:
    hand = reported(signed=False)
    sign(hand, Given(signer="Chen Hui", refusal="Too dear", technician_ink=GIVEN.technician_ink))
    hand.go("report", id=job_of(hand))
    told = said(hand)
    assert "Customer did not sign" in told
    assert "Shown to" in told
    assert "Signed by" not in told


def test_an_unsigned_report_says_so_and_leads_to_the_signature(reported: Any) -> None:
    hand = reported(signed=False)
    assert "Not signed" in said(hand)
    hand.tap("Customer signs")
    assert hand.place.screen == "sign_off"


def test_what_came_after_the_signature_needs_a_new_one(reported: Any) -> None:
    hand = reported()
    kind, args = SEEN
    assert hand.app.say(kind, ("work_order", job_of(hand)), args)
    hand.frames(4)
    assert "after the customer signed" in said(hand)
    hand.go("work_order", id=job_of(hand))
    assert "a new signature is needed" in said(hand)
    hand.tap("step")
    assert hand.place.screen == "sign_off"
    hand.go("today")
    (card,) = [one for group in _groups(hand) for one in group.cards if one.note]
    assert card.note == "Needs a new signature"


def _groups(hand: Driver) -> Any:
    from mobile.views.today import today

    return today(hand.app.phone.queries.jobs(), hand.app.words, hand.app.now).groups


def test_a_job_that_nobody_signed_for_stays_in_sight(reported: Any) -> None:
    hand = reported(signed=False)
    names = {group.name: [one.note for one in group.cards] for group in _groups(hand)}
    assert names["unsigned"] == ["Not signed yet"]
    hand.go("jobs")
    assert hand.sees("To be signed")


def test_a_paper_is_made_beside_the_window_and_handed_on(reported: Any, tmp_path: Path) -> None:
    hand = reported()
    hand.tap("80 mm receipt")
    hand.tap("English")
    hand.tap("Share or save PDF")
    wait(hand, lambda: hand.page.made is not None)
    made = hand.page.made
    assert made.file.read_bytes().startswith(b"%PDF-")
    assert f"PDF made: {made.pages} page" in said(hand)
    shared = list((hand.folder / "shared").iterdir())
    assert [one.read_bytes() for one in shared] == [made.file.read_bytes()]
    hand.tap("中文")
    assert hand.page.made is None


def test_a_paper_that_cannot_be_made_says_why(reported: Any, monkeypatch: Any) -> None:
    from mobile.screens import report
    from shared.errors import refuse_state

    hand = reported()
    monkeypatch.setattr(report, "make", lambda *_: refuse_state("disk_full"))
    hand.tap("Share or save PDF")
    wait(hand, lambda: hand.page.fault)
    hand.frames(2)
    assert hand.page.fault in said(hand)
