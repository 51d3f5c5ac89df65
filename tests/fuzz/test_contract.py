"""Whatever the OpenAPI document lets a program ask, or not, has an answer that says what it is."""

from collections.abc import Iterator

import pytest

from tests.fuzz.contract import CALLERS, Contract
from tests.fuzz.pushes import full_company

EXAMPLES = 4


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    """A company in which a lot has happened."""
    company = full_company(tmp_path_factory.mktemp("contract") / "data")
    with company.client:
        yield Contract(company)


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS)
def test_everything_that_may_be_asked_is_answered_or_refused_by_name(
    contract: Contract, caller: str
) -> None:
    before = contract.asked
    contract.ask(caller, EXAMPLES)
    assert contract.asked - before > 40
