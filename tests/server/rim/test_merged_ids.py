"""What is said under an id that was merged is proven like anything else."""

from sqlalchemy import text

from server import auditor
from server.auditor import Report
from shared.ids import derive
from tests.server.rim.company import CUSTOMER, SITE, Company
from tests.server.rim.test_office_ops import say, verdicts

TWIN, OTHER = derive("test", "site twice"), derive("test", "another site")


def merged(company: Company) -> None:
    """A site that was on file twice, and something said of it under the id that is gone."""
    for identity in (TWIN, OTHER):
        row = {"address": "Hafenstraße 1", "time_zone": "Europe/Berlin", "contact_phone": "123"}
        company.put("site", identity, customer_id=CUSTOMER, name="Plant", **row)
    company.say("site.merge", ("site", TWIN), into=SITE)
    args = {"fields": {"contact_phone": ["123", "456"]}}
    told = {"id": company.new_id(), "kind": "edit", "on": ["site", TWIN], "args": args}
    (verdict,) = verdicts(say(company, "dispatcher", told))
    assert verdict == "conflict"


def verified(company: Company) -> Report:
    ring = company.office.keys.notary
    publics = {key: signer.public_key() for key, signer in ring.items()}
    with company.office.reading() as books:
        return auditor.verify(books, publics)


def test_an_act_under_a_merged_id_is_no_fault_of_the_log(company: Company) -> None:
    merged(company)
    assert verified(company).fault is None
    with company.office.reading() as books:
        ops = [row.op_id for row in books.execute(text("SELECT op_id FROM op"))]
        found = auditor.examine(books, {}, ops)
    assert {one.fault for one in found} <= {None, "key_unknown"}


def test_an_act_that_is_shown_of_another_thing_is_a_fault_still(company: Company) -> None:
    merged(company)
    for wrong in (OTHER, CUSTOMER):
        with company.office.writing() as books:
            said = "UPDATE op SET on_id = :other WHERE kind = 'edit'"
            books.execute(text(said), {"other": wrong})
        fault = verified(company).fault
        assert fault is not None
        assert fault.what == "op_changed"
