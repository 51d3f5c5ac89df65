"""How two values of a field are compared, and what a field refuses to hold."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from shared.fields import FIELDS, check, normal, same
from shared.site import Site
from shared.work_order import WorkOrder

RECORDS = {"site": Site, "work_order": WorkOrder}


@pytest.mark.parametrize("name", FIELDS)
def test_every_editable_field_is_a_field_of_its_record(name: str) -> None:
    assert name in RECORDS[FIELDS[name].noun].__struct_fields__


@pytest.mark.parametrize(
    ("name", "one", "other", "alike"),
    [
        ("contact_phone", "138 0000 1234", "138-0000-1234", True),
        ("contact_phone", "+86 13800001234", "13800001234", False),
        ("contact_phone", "()", "", True),
        ("access_notes", "gate 3\r\n", "gate 3", True),
        ("access_notes", "Cafe\u0301", "Café", True),
        ("access_notes", "gate 3", "gate 4", False),
        ("job_note", "", None, True),
        ("planned_from", None, "2026-11-21T09:00", False),
        ("planned_from", None, None, True),
    ],
)
def test_values_that_mean_the_same_are_the_same(
    name: str, one: Any, other: Any, alike: bool
) -> None:
    assert same(FIELDS[name], one, other) is alike
    assert same(FIELDS[name], other, one) is alike


@given(st.sampled_from(sorted(FIELDS)), st.text() | st.none())
def test_a_value_compares_as_it_was_compared_before(name: str, value: str | None) -> None:
    once = normal(FIELDS[name], value)
    assert normal(FIELDS[name], once) == once


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact_name", ""),
        ("contact_phone", "0329-8555 0101x12"),
        ("planned_to", None),
        ("priority", "emergency"),
        ("job_note", "two\r\nlines "),
    ],
)
def test_a_value_that_fits_is_not_refused(name: str, value: Any) -> None:
    assert check(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("contact_name", "x" * 201, "wrong_value"),
        ("contact_name", None, "wrong_value"),
        ("contact_phone", "call me", "wrong_value"),
        ("planned_from", "tomorrow", "wrong_value"),
        ("planned_from", "", "wrong_value"),
        ("priority", "high", "wrong_value"),
        ("priority", 1, "wrong_value"),
        ("job_note", "\ufb2c" * 2000, "wrong_value"),
        ("job_note", "turned \u202e around", "not_text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_path(name: str, value: Any, code: str) -> None:
    refused = check(name, value)
    assert refused is not None
    assert (refused.code, refused.field, refused.grounds) == (code, f"args.fields.{name}", "value")
