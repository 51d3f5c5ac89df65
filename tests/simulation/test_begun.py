"""The machine of jobs begun on phones: a few examples at every change, many in the slow run."""

import pytest
from hypothesis import settings

from tests.simulation.begun import Finders

TestFinders = Finders.TestCase
TestFinders.settings = settings(
    max_examples=8, stateful_step_count=40, deadline=None, derandomize=True
)


class LongFinds(Finders):
    """The same for longer."""


TestLongFinds = pytest.mark.slow(pytest.mark.timeout(1800)(LongFinds.TestCase))
TestLongFinds.settings = settings(
    max_examples=400, stateful_step_count=60, deadline=None, derandomize=True, print_blob=True
)
