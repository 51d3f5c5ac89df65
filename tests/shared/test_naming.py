"""Whom a signed document names is compared with the records, and a new name is no forgery."""

from typing import Any

import pytest
from msgspec import structs

from shared.document import Document
from shared.errors import Flag
from shared.master import NAMES_MAX
from shared.people import Person
from shared.records import Record, State
from shared.registry import Outcome
from shared.site import Customer
from tests.proof import signature
from tests.shared.company import ANN, CUSTOMER, ORDER, act, done, flags, ident, land, only
from tests.shared.proven import ADVICE, books, document
from tests.shared.test_looked_at_again import check
from tests.shared.test_signing import OTHER, THEIRS, codes, seal_in, signed, take


def naming(**names: str) -> Document:
    """The document of the visit with another customer or technician in it."""
    made = document()
    party = structs.replace(made.party, customer=names.pop("customer", made.party.customer))
    return structs.replace(made, party=party, **names)


@pytest.mark.parametrize("names", [{"customer": "李四"}, {"technician": "Ben"}])
def test_a_name_that_was_never_on_file_makes_the_seal_diverge(names: dict[str, str]) -> None:
    """S3."""
    outcome = signed(books(), naming(**names))
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("diverged", tuple(names))
    assert (flags(outcome), codes(outcome)) == (["seal_diverged"], ["seal_diverged"])


def test_a_false_name_stays_false_when_the_server_looks_again() -> None:
    known = books(without=ADVICE)
    outcome = signed(known, naming(customer="李四"))
    made = signature(document(), ANN.id)
    land(known, done(known, take(made, op="another")))
    land(known, outcome)
    known.put(ADVICE)
    found = seal_in(check(known, seal_in(outcome)))
    assert (found.state, found.faults) == ("diverged", ("customer",))


@pytest.mark.parametrize(
    ("row", "whom"), [(CUSTOMER, "customer"), (ANN, "technician")], ids=["customer", "technician"]
)
def test_who_was_renamed_since_is_told_and_the_seal_holds(row: Any, whom: str) -> None:
    renamed = structs.replace(row, name="新名", former_names=("between", row.name))
    by = renamed if whom == "technician" else ANN
    outcome = done(books(renamed), take(signature(document(), ANN.id), by=by))
    assert outcome.flags == (Flag(code="seen_older", params={"whom": whom}),)
    assert (seal_in(outcome).state, codes(outcome)) == ("sealed", [])


def test_a_customer_signs_for_no_job_of_somebody_else() -> None:
    known = books(*THEIRS, structs.replace(OTHER, customer_id=ident("another customer")))
    made = document(known, jobs=(ORDER.id, OTHER.id))
    assert seal_in(signed(known, made)).faults == ("customer",)
    ours = books(*THEIRS)
    assert seal_in(signed(ours, document(ours, jobs=(ORDER.id, OTHER.id)))).faults == ()


def test_a_customer_who_is_not_on_file_here_is_believed() -> None:
    assert flags(signed(books(without=CUSTOMER), document())) == []


def put(known: State, row: Record, **changes: Any) -> Outcome:
    """The office writes a row of master data anew."""
    told = {**structs.asdict(row), **changes}
    args = {"row": {name: one for name, one in told.items() if name not in ("id", "version")}}
    noun = "customer" if isinstance(row, Customer) else "person"
    return done(known, act("master.put", args, on=(noun, row.id)))


@pytest.mark.parametrize("row", [CUSTOMER, ANN], ids=["customer", "technician"])
def test_a_name_that_is_changed_is_kept_behind_the_new_one(row: Any) -> None:
    known = books()
    for name in ("一", "二", "二", "一", row.name):
        land(known, put(known, row, name=name, former_names=["made up"]))
    kept = known.find(type(row), row.id)
    assert isinstance(kept, Customer | Person)
    assert (kept.name, kept.former_names) == (row.name, ("一", "二", row.name))


def test_only_so_many_names_are_kept() -> None:
    known = books()
    for number in range(NAMES_MAX + 2):
        land(known, put(known, CUSTOMER, name=f"name {number}"))
    kept = only(put(known, CUSTOMER, name="last"), Customer)
    assert len(kept.former_names) == NAMES_MAX
    assert kept.former_names[0] == f"name {NAMES_MAX + 1}"


def test_nobody_new_has_a_past() -> None:
    known = books(without=CUSTOMER)
    assert only(put(known, CUSTOMER, former_names=["李四"]), Customer).former_names == ()
