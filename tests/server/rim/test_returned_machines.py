"""A return may be about another machine of the place than its ticket: it is not lost sight of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.office import Asked
from shared.ids import derive
from shared.ops import SYSTEM
from shared.return_terms import TERMS
from sync.protocol import WireOp
from tests.server.rim.company import SITE, Company
from tests.server.rim.lane import rows_of
from tests.server.rim.test_timekeeper import opened, said

MACHINE = derive("test", "machine")
GRANT = {"granted": True, "means": "phone", "papers": ["invoice"], "day": "2026-11-20"}
REFUND = {"amount": 100, "currency": "CNY", "day": "2026-11-20"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A company that takes machines back for a week; a machine that was delivered long before."""
    made = Company(tmp_path / "data")
    made.put("asset", MACHINE, site_id=SITE, name="Pump", model="P-1", delivered_on="2026-01-01")
    terms = {"papers": ["invoice"], "return_days": 7}
    said(made, made.new_id(), "return.set_terms", ("return_terms", TERMS), **terms)
    yield made
    made.office.close()


def asked(company: Company) -> tuple[str, str]:
    """A ticket about no machine, on which the return of one was asked for."""
    at = ("ticket", opened(company))
    said(company, company.new_id(), "return.ask", at, wish="return", asset=MACHINE)
    return at


def refusal(company: Company, kind: str, on: tuple[str, str], **args: object) -> tuple[object, ...]:
    op = Asked(id=company.new_id(), kind=kind, on=on, args=args)
    body = company.office.body(op, SYSTEM, company.now_ms, origin="console")
    wire = WireOp(lseq=0, id=op.id, body=body)
    (result,) = company.office.receive([wire], None, company.now_ms)
    return result.code, result.detail.get("field")


def test_the_terms_are_asked_of_the_machine_that_the_return_is_about(company: Company) -> None:
    at = asked(company)
    assert refusal(company, "return.decide", at, **GRANT) == ("missing_field", "args.asset")
    named = {**GRANT, "asset": MACHINE}
    assert refusal(company, "return.decide", at, **named) == ("return_too_late", "args.why")


def test_the_machine_that_is_paid_back_is_gone_and_paid_back_once(company: Company) -> None:
    first, second = asked(company), asked(company)
    for at in (first, second):
        why = {**GRANT, "asset": MACHINE, "why": "An old customer"}
        said(company, company.new_id(), "return.decide", at, **why)
        said(company, company.new_id(), "return.receive", at, way="sent_in")
        said(company, company.new_id(), "return.inspect", at, confirmed=True)
    assert refusal(company, "return.refund", first, **REFUND) == ("missing_field", "args.asset")
    said(company, company.new_id(), "return.refund", first, **REFUND, asset=MACHINE)
    assert [one.gone for one in rows_of(company, "asset")] == ["returned"]
    again = {**REFUND, "asset": MACHINE}
    assert refusal(company, "return.refund", second, **again) == ("machine_gone", "args.asset")
