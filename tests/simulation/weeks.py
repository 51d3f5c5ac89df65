"""Weeks that a seed decides: who works, what goes wrong, and when. One seed is one week.

Each week draws its own subset of what can go wrong, so that some weeks are calm but for one thing.
What happens is kept as names and numbers, so that a week can be lived through again with some of
it left out.
"""

import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from shared.messages import TEMPLATES
from tests.simulation.counter import HOW, NAMES, OUTCOMES, SAID, TEAMS
from tests.simulation.hardships import FILE_FAULTS
from tests.simulation.promised import Promised
from tests.simulation.test_state_machine import FAULTS_OF_A_TRIP, OWNERS, VERBS
from tests.simulation.upgrades import LACKING
from tests.world import ANN, BOB, VAN_ANN, VAN_BOB

STEPS: Final = 30
MARKED: Final = "hypothesis_stateful_invariant"  # by which a check is known
ORDERS: Final = frozenset(
    {
        *("new_job", "whole_visit", "whole_visit_before_an_upgrade"),
        *("find_something", "one_comes_to_nothing", "somebody_is_written_down_twice"),
        *("site_is_merged_while_a_phone_is_away", "a_job_is_made_of_a_ticket"),
    }
)

Dice = random.Random
Happening = tuple[str, dict[str, Any]]
Choose = Callable[[Dice], dict[str, Any]]


def _phone(dice: Dice) -> int:
    return dice.randrange(len(OWNERS))


def _trip(dice: Dice) -> list[str]:
    return dice.choices(FAULTS_OF_A_TRIP, k=dice.randrange(7))


def _file_trip(dice: Dice) -> list[str]:
    return dice.choices(FILE_FAULTS, k=dice.randrange(9))


def _of_phone(**choose: Callable[[Dice], Any]) -> Choose:
    return _of(phone=_phone, **choose)


def _of(**choose: Callable[[Dice], Any]) -> Choose:
    return lambda dice: {name: one(dice) for name, one in choose.items()}


def _one(*values: Any) -> Callable[[Dice], Any]:
    return lambda dice: dice.choice(values)


def _up_to(most: int, least: int = 0) -> Callable[[Dice], int]:
    return lambda dice: dice.randint(least, most)


_order = _up_to(1_000)  # which of the jobs there are by then
_yes_or_no = _one(True, False)
_small = {"small": _yes_or_no, "faults": _trip}

# What people do, and how often.
WORK: Final[dict[str, tuple[int, Choose]]] = {
    "new_job": (4, _of(both=_yes_or_no, who=_one(ANN, BOB))),
    "whole_visit": (2, _of_phone(waits=_yes_or_no, signs=_up_to(2))),
    "step": (12, _of_phone(order=_order, verb=_one(*VERBS))),
    "answer": (4, _of_phone(order=_order, value=_one("pass", "fail"))),
    "use": (4, _of_phone(order=_order, quantity=_up_to(4, 1))),
    "use_numbered": (2, _of_phone(order=_order, serial=_one("S1", "S2"))),
    "take_back": (1, _of_phone(pick=_up_to(9))),
    "edit": (3, _of_phone(order=_order, value=_one("444", "555"))),
    "photograph": (
        2,
        _of_phone(order=_order, slot=_one("", "plate"), internal=_yes_or_no),
    ),
    "have_it_signed": (2, _of_phone(order=_order, refuses=_yes_or_no)),
    "find_something": (3, _of_phone(order=_order, works=_yes_or_no)),
    "sync": (14, _of_phone(ops_max=_one(1, 2, 200), **_small)),
    "server_looks_at_what_waits": (1, _of()),
    "files_go": (4, _of_phone(order=_order, faults=_file_trip, after=_one(0, 0, 9, 30))),
}
# What may go wrong, or comes in between; a week has some of it.
TROUBLE: Final[dict[str, tuple[int, Choose]]] = {
    "reassign": (3, _of(order=_order, who=_one(ANN, BOB))),
    "unassign": (2, _of(order=_order)),
    "cancel": (2, _of(order=_order)),
    "count": (2, _of(van=_one(VAN_ANN, VAN_BOB), counted=_up_to(9))),
    "server_puts_away": (2, _of(order=_order)),
    "server_forgets_what_is_gone": (3, _of()),
    "office_edits_the_site": (3, _of(value=_one("111", "222", "333"))),
    "office_edits_the_job": (3, _of(order=_order, value=_one("low", "urgent"))),
    "office_edits_between_conversations": (
        2,
        _of_phone(order=_order, after=_up_to(40, 1), **_small),
    ),
    "office_looks_through_photos": (2, _of(pick=_up_to(9), drops=_yes_or_no)),
    "settle": (3, _of(choice=_one("keep", "swap"), pick=_up_to(5))),
    "act_from_the_future": (3, _of_phone(order=_order)),
    "mend": (3, _of(pick=_up_to(10), discard=_yes_or_no)),
    "what_waits_is_mended": (2, _of_phone(order=_order, discard=_yes_or_no)),
    "phone_dies_while_syncing": (4, _of_phone(after=_up_to(40, 1), small=_yes_or_no)),
    "job_is_taken_away_during_a_visit": (
        3,
        _of_phone(order=_order, given=_yes_or_no, reads=_yes_or_no),
    ),
    "job_goes_while_a_phone_is_away": (2, _of_phone(order=_order)),
    "server_dies_while_answering": (4, _of_phone(after=_up_to(25, 1))),
    "office_goes_on_while_an_answer_is_lost": (
        3,
        _of_phone(order=_order, verb=_one(*VERBS), after=_up_to(30, 9), around=_yes_or_no),
    ),
    "server_dies_over_a_push": (3, _of_phone(order=_order, after=_up_to(30, 5))),
    "clock_of_a_phone_jumps": (3, _of_phone(days=_one(-400, -1, 0, 1, 400))),
    "phone_is_backed_up": (3, _of_phone()),
    "phone_is_restored_from_its_backup": (3, _of_phone()),
    "copy_of_a_phone_works_on": (2, _of_phone(order=_order)),
    "server_takes_a_new_epoch": (2, _of()),
    "server_is_backed_up": (3, _of()),
    "server_is_restored_from_its_backup": (3, _of(silently=_yes_or_no)),
    "server_is_put_back_to_before_files_came": (
        3,
        _of_phone(order=_order, silently=_yes_or_no, asks=_yes_or_no),
    ),
    "server_is_upgraded": (2, _of(after=_up_to(80))),
    "whole_visit_before_an_upgrade": (
        1,
        _of_phone(lacks=_one(*LACKING), after=_up_to(80)),
    ),
    "phone_only_reads": (3, _of_phone(faults=_trip)),
    "somebody_is_written_down_twice": (2, _of(who=_one(ANN, BOB))),
    "office_merges": (3, _of(pick=_up_to(9), sites=_yes_or_no)),
    "site_is_merged_while_a_phone_is_away": (2, _of_phone(waits=_yes_or_no)),
    "edit_its_site": (3, _of_phone(order=_order, value=_one("666", "777"))),
    "a_row_comes_to_harm": (2, _of_phone(how=_one("changed", "gone", "added"))),
    "a_week_passes": (2, _of()),
    "server_is_put_back_and_goes_on": (2, _of_phone(order=_order)),
    "one_comes_to_nothing": (2, _of_phone(said=_up_to(3), more=_yes_or_no)),
    "server_knows_no_beginnings": (2, _of()),
    "server_knows_them_again": (2, _of()),
    "phone_dies_while_recording": (3, _of_phone(order=_order, after=_up_to(20, 1))),
    "disk_of_a_phone_is_full": (3, _of_phone(order=_order, after=_up_to(20))),
    "phone_is_started_again": (2, _of_phone()),
    "clock_of_a_phone_stands_still": (2, _of_phone()),
    "copy_of_a_phone_works_beside_it": (2, _of_phone(order=_order, turns=_up_to(3, 1))),
    "an_answer_comes_late": (
        3,
        _of_phone(order=_order, small=_yes_or_no, says=_one(True, True, False)),
    ),
    "an_op_of_somebody_else_is_in_the_outbox": (2, _of_phone(order=_order)),
    "an_op_is_too_large": (1, _of_phone(order=_order)),
    "all_comes_anew_over_a_bad_line": (3, _of_phone(order=_order, trips=_one(1, 2, 200))),
    "server_forgets_all_that_changed": (3, _of()),
    "a_release_breaks_on_a_note": (2, _of_phone(order=_order)),
    "everybody_gets_a_newer_release": (2, _of()),
}
# What the desk does, and phones that have to do with it; a week has none, some or much of it.
DESK: Final[dict[str, tuple[int, Choose]]] = {
    "desk": (9, _of(pick=_order, what=_one(*SAID))),
    "desk_classifies": (
        3,
        _of(
            pick=_order,
            kind=_one("fault", "service", "complaint"),
            urgency=_one("", "general", "urgent"),
        ),
    ),
    "desk_agrees": (3, _of(pick=_order, hours=_up_to(30, 1), visit=_yes_or_no)),
    "desk_waits": (
        4,
        _of(
            pick=_order,
            reason=_one("customer_date", "parts", "mail_in", "customer_absent"),
            hours=_one(0, 0, 1, 4, 30),
        ),
    ),
    "leader_decides": (
        1,
        _of(
            pick=_order,
            limit=_one("contact", "arrive", "solve", "solve_urgent"),
            said=_one("", "met", "breached"),
        ),
    ),
    "somebody_writes": (3, _of(reference=_up_to(4))),
    "desk_looks_at_what_came_in": (
        4,
        _of(pick=_up_to(4), how=_one("open", "open", "link", "refuse"), twice=_yes_or_no),
    ),
    "a_job_is_made_of_a_ticket": (3, _of(pick=_order, who=_one(ANN, BOB))),
    "message_is_queued": (4, _of(pick=_order, template=_one(*TEMPLATES))),
    "office_tells": (4, _of(pick=_order, how=_one(*HOW))),
    "technician_tells": (5, _of_phone(pick=_order, how=_one(*HOW[:3]))),
    "office_tells_while_a_phone_is_away": (2, _of_phone(order=_order, how=_one(*HOW))),
    "technician_calls": (
        6,
        _of_phone(order=_order, reached=_yes_or_no, hours=_one(0, 2, 5, 30)),
    ),
    "technician_hears_a_complaint": (
        3,
        _of_phone(order=_order, kind=_one("complaint", "suggestion", "issue")),
    ),
    "visit_ends_otherwise": (3, _of_phone(order=_order, outcome=_one(*OUTCOMES))),
    "customer_puts_it_off_again": (
        4,
        _of(
            order=_order,
            reason=_one("customer_date", "customer_absent"),
            hours=_up_to(4, 1),
            plans=_yes_or_no,
        ),
    ),
    "visit_is_planned": (2, _of(order=_order, who=_one(ANN, BOB), hours=_up_to(30, 1))),
    "visit_is_moved": (
        2,
        _of(pick=_order, hours=_up_to(30, 1), fault=_one("customer", "company")),
    ),
    "policy_is_published": (2, _of(name=_one(*NAMES), factor=_up_to(4, 1))),
    "policy_is_chosen": (1, _of(name=_one(*NAMES))),
    "hours_are_set": (
        4,
        _of(week=_up_to(2), holiday=_up_to(2), team=_one("", *TEAMS.values())),
    ),
    "somebody_changes_teams": (3, _of(who=_one(ANN, BOB), team=_one("", *TEAMS.values()))),
    "time_passes": (6, _of(minutes=_one(3, 20, 90, 700))),
    "sync": (6, _of_phone(ops_max=_one(1, 2, 200), **_small)),
    "office_goes_on_while_a_phone_is_away": (
        3,
        _of_phone(order=_order, minutes=_one(4, 30, 200)),
    ),
}
AT_THE_DESK: Final = (0, 8, 16)  # so much of it


class Week(Struct, frozen=True, kw_only=True):
    """What a seed decides: what the server's release lacks at first, and all that happens."""

    lacks: frozenset[str]
    happenings: tuple[Happening, ...]


class Wrong(Exception):
    """A week in which something did not hold: which check, and after how many happenings."""

    def __init__(self, check: str, after: int, broken: BaseException) -> None:
        said = str(broken) or traceback.extract_tb(broken.__traceback__)[-1].line
        super().__init__(f"{check} after {after}: {type(broken).__name__}: {said}")
        self.check = check
        self.after = after


def week_of(seed: int, steps: int = STEPS) -> Week:
    """The week of a seed."""
    dice = Dice(f"week {seed}")
    share = dice.choice((0.15, 0.4, 0.8))
    troubles = {name: one for name, one in TROUBLE.items() if dice.random() < share}
    events = {**WORK, **troubles}
    names, weights = list(events), [weight for weight, _ in events.values()]
    drawn = dice.choices(names, weights, k=steps)
    lacks = dice.choice(LACKING) if "server_is_upgraded" in troubles else frozenset[str]()
    happenings = [(name, events[name][1](dice)) for name in drawn]
    for name, said in _at_the_desk(Dice(f"desk {seed}")):
        happenings.insert(dice.randint(0, len(happenings)), (name, said))
    return Week(lacks=lacks, happenings=tuple(happenings))


def _at_the_desk(dice: Dice) -> Iterator[Happening]:
    """What comes between all that, by dice of its own: the rest of the week stays as it is."""
    weights = [weight for weight, _ in DESK.values()]
    for name in dice.choices(list(DESK), weights, k=dice.choice(AT_THE_DESK)):
        yield name, DESK[name][1](dice)


def live(week: Week) -> str:
    """Live through a week; returns the hash of all that came of it. Raises `Wrong`."""
    company = Promised()
    orders: list[str] = []
    trace = sha256()
    after = 0
    check = "begin"
    try:
        company.begin(week.lacks)
        for name, said in week.happenings:
            after += 1
            check = name
            _happen(company, orders, name, said)
            for check in CHECKS:
                getattr(company, check)()
            trace.update(repr(tuple(_standing(company))).encode())
        check = "teardown"
        company.teardown()
    except Exception as broken:
        raise Wrong(check, after, broken) from broken
    trace.update(repr(tuple(_standing(company))).encode())
    return trace.hexdigest()


def shrunk(week: Week, check: str) -> Week:
    """The week with all left out without which the same thing still goes wrong."""
    left = list(week.happenings)
    size = len(left) // 2
    while size:
        place = 0
        while place < len(left):
            fewer = left[:place] + left[place + size :]
            if _goes_wrong(Week(lacks=week.lacks, happenings=tuple(fewer)), check):
                left = fewer
            else:
                place += size
        size //= 2
    return Week(lacks=week.lacks, happenings=tuple(left))


def _goes_wrong(week: Week, check: str) -> bool:
    try:
        live(week)
    except Wrong as wrong:
        return wrong.check == check
    return False


def _happen(company: Promised, orders: list[str], name: str, said: dict[str, Any]) -> None:
    if "order" in said:
        if not orders:
            return
        said = {**said, "order": orders[said["order"] % len(orders)]}
    made = getattr(company, name)(**said)
    if name in ORDERS:
        orders.append(made)


def _standing(company: Promised) -> Iterator[Any]:
    """What the server and the phones have come to, in an order that is the same in every run."""
    pages = company.books.pages
    yield sorted((op.op_id, op.verdict, op.n) for op in pages.ops.values())
    yield sorted((stream, head.seq, head.sums) for stream, head in pages.heads.items())
    yield len(pages.leaves)
    for phone in company.phones:
        yield [(one.op_id, one.verdict, one.on_top) for one in phone.all_ops()]
        yield sorted((mark.stream, mark.cursor, mark.sums) for mark in phone.marks().values())


def _checks() -> Sequence[str]:
    return [name for name in dir(Promised) if hasattr(getattr(Promised, name), MARKED)]


CHECKS: Final = tuple(_checks())
