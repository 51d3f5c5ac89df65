"""Three phones, one server, an office, and everything that can go wrong between them.

Whatever the order of events: nothing is lost, nothing counts twice, and once the network heals
every phone shows what the server has.
"""

import contextlib
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import Bundle, initialize, rule

from shared.ids import derive
from shared.ops import FINAL, SYSTEM, Verdict
from shared.parts import Balance, Movement, PartUse
from shared.photos import Photo
from shared.records import State, stream_of
from shared.sign_off import SignOff
from shared.site import Site
from shared.tasks import Conflict
from shared.work_order import Assignment, WorkOrder
from sync.facts import DETAILS, TIMES, facts_of
from sync.memory import MemoryPhone
from sync.memory.books import Pages, copied as books_copied
from sync.memory.phone import Disk, copied
from sync.notices import BEGUN
from sync.overlay import is_open, touched
from sync.ports import Outboxed
from sync.protocol import Request
from sync.settling import things_of
from tests import proof
from tests.simulation.always import Always
from tests.simulation.kills import Killed, Mortal
from tests.simulation.smuggling import smuggled
from tests.simulation.upgrades import LACKING, upgrade, without
from tests.world import (
    ANN,
    ARGS_OF,
    BOARD,
    BOB,
    CHECKLIST,
    FILTER,
    SITE,
    VAN_ANN,
    VAN_BOB,
    WEN,
    MemoryServer,
    World,
)

FAULTS_OF_A_TRIP = (
    *("ok", "no request", "no reply", "twice", "late"),
    *("cut request", "cut reply", "shut out"),
)
FAULTS = st.lists(st.sampled_from(FAULTS_OF_A_TRIP), max_size=6)
PHONES = st.integers(0, 2)
VERBS = (
    *("see", "accept", "depart", "arrive", "start", "pause", "resume", "complete"),
    "decline",
)
OWNERS = (ANN, BOB, ANN)
DAY_MS = 24 * 3_600_000


class Company(Always):
    orders = Bundle("orders")

    @initialize(lacks=st.sampled_from(LACKING))
    def begin(self, lacks: frozenset[str] = frozenset()) -> None:
        self.world = World()
        self.world.server_registry = without(lacks)
        assert isinstance(self.world.server, MemoryServer)
        self.books = self.world.server.books
        self.phones: list[MemoryPhone] = []
        for person in OWNERS:
            phone = self.world.phone(person)
            assert isinstance(phone, MemoryPhone)
            self.phones.append(phone)
        self.recorded: dict[str, str] = {}
        self.done: dict[str, int] = {}
        self.put_back: set[int] = set()
        self.whole: dict[tuple[int, str], Any] = {}
        self.backups: dict[int, Disk] = {}
        self.backup: Pages | None = None
        self.restored = False
        self.harmed: set[tuple[int, str]] = set()
        self.stood: dict[tuple[int, str], bool] = {}
        self.looked_at = {}
        self.finals: dict[tuple[str, str], str] = {}
        self.sent: list[tuple[MemoryPhone, Request]] = []
        self.world.answered = self.nobody_is_told_of_what_is_not_theirs
        self.opening = {row.id: row.amount for row in self.rows(Balance)}
        self.first_moves = {row.id for row in self.rows(Movement)}

    # What the office does

    @rule(target=orders, both=st.booleans(), who=st.sampled_from([ANN, BOB]))
    def new_job(self, both: bool, who: str) -> str:
        people = (who, BOB if who == ANN else ANN) if both else (who,)
        return self.world.job(*people, checklist=CHECKLIST)

    @rule(order=orders, who=st.sampled_from([ANN, BOB]))
    def reassign(self, order: str, who: str) -> None:
        self.world.office("work_order.reassign", ("work_order", order), {"person": who})

    @rule(order=orders)
    def unassign(self, order: str) -> None:
        self.world.office("work_order.unassign", ("work_order", order), {})

    @rule(van=st.sampled_from([VAN_ANN, VAN_BOB]), counted=st.integers(0, 9))
    def count(self, van: str, counted: int) -> None:
        said = {"part": FILTER, "counted": str(counted)}
        self.world.office("stock.count", ("location", van), said, by=WEN)

    @rule(order=orders)
    def cancel(self, order: str) -> None:
        self.world.office("work_order.cancel", ("work_order", order), {"reason": "sold"})

    @rule(order=orders)
    def server_puts_away(self, order: str) -> None:
        """A job that was closed leaves the phones; one that is open is not put away."""
        self.world.office("work_order.put_away", ("work_order", order), {}, by=SYSTEM)

    @rule()
    def server_forgets_what_is_gone(self) -> None:
        self.books.forget_gone()

    @rule(value=st.sampled_from(["111", "222", "333"]))
    def office_edits_the_site(self, value: str) -> None:
        site = self.books.pages.rows[(Site, SITE)]
        assert isinstance(site, Site)
        said = {"fields": {"contact_phone": [site.contact_phone, value]}}
        self.world.office("edit", ("site", SITE), said)

    @rule(order=orders, value=st.sampled_from(["low", "urgent"]))
    def office_edits_the_job(self, order: str, value: str) -> None:
        known = self.books.pages.rows.get((WorkOrder, order))
        if not isinstance(known, WorkOrder):
            return
        said = {"fields": {"priority": [known.priority, value], "job_note": ["", value]}}
        self.world.office("edit", ("work_order", order), said)

    @rule(choice=st.sampled_from(["keep", "swap"]), pick=st.integers(0, 5))
    def settle(self, choice: str, pick: int) -> None:
        found = self.rows(Conflict)
        if found:
            conflict = found[pick % len(found)]
            on = (conflict.home_noun, conflict.home_id)
            self.world.office("conflict.settle", on, {"conflict": conflict.id, "choice": choice})

    # What technicians do

    def tap(self, phone: int, kind: str, on: tuple[str, str], args: Any = None) -> None:
        done = self.world.tap(self.phones[phone], kind, on, args)
        if isinstance(done, Outboxed):
            self.recorded[done.op_id] = done.kind
            self.done[done.op_id] = self.world.now_ms

    @rule(phone=PHONES, order=orders, verb=st.sampled_from(VERBS))
    def step(self, phone: int, order: str, verb: str) -> None:
        self.tap(phone, f"work_order.{verb}", ("work_order", order), ARGS_OF.get(verb))

    @rule(phone=PHONES, order=orders, value=st.sampled_from(["pass", "fail"]))
    def answer(self, phone: int, order: str, value: str) -> None:
        said = {"item": "leaks", "value": value}
        self.tap(phone, "checklist.answer", ("work_order", order), said)

    @rule(phone=PHONES, order=orders, quantity=st.integers(1, 4))
    def use(self, phone: int, order: str, quantity: int) -> None:
        van = VAN_ANN if OWNERS[phone] == ANN else VAN_BOB
        said = {"part": FILTER, "location": van, "quantity": str(quantity)}
        self.tap(phone, "parts.use", ("work_order", order), said)

    @rule(phone=PHONES, order=orders, serial=st.sampled_from(["S1", "S2"]))
    def use_numbered(self, phone: int, order: str, serial: str) -> None:
        van = VAN_ANN if OWNERS[phone] == ANN else VAN_BOB
        said = {"part": BOARD, "location": van, "quantity": "1", "serial": serial}
        self.tap(phone, "parts.use", ("work_order", order), said)

    @rule(phone=PHONES, pick=st.integers(0, 9))
    def take_back(self, phone: int, pick: int) -> None:
        shown = self.phones[phone].shown(base=False).values()
        uses = sorted((one for one in shown if isinstance(one, PartUse)), key=lambda one: one.id)
        if uses:
            use = uses[pick % len(uses)]
            self.tap(phone, "parts.return", ("work_order", use.work_order_id), {"use": use.id})

    @rule(phone=PHONES, order=orders, value=st.sampled_from(["444", "555"]))
    def edit(self, phone: int, order: str, value: str) -> None:
        shown = self.phones[phone].shown(base=False).get((Site, SITE))
        if isinstance(shown, Site):
            said = {"fields": {"contact_phone": [shown.contact_phone, value]}, "work_order": order}
            self.tap(phone, "edit", ("site", SITE), said)

    @rule(phone=PHONES, order=orders, slot=st.sampled_from(["", "plate"]), internal=st.booleans())
    def photograph(self, phone: int, order: str, slot: str, internal: bool) -> None:
        audience = "internal" if internal else "customer"
        said = proof.picture(self.world.name(), slot=slot, audience=audience)
        self.tap(phone, "photo.add", ("work_order", order), said)

    @rule(pick=st.integers(0, 9), drops=st.booleans())
    def office_looks_through_photos(self, pick: int, drops: bool) -> None:
        found = self.rows(Photo)
        if not found:
            return
        photo = found[pick % len(found)]
        on = ("work_order", photo.work_order_id)
        if drops:
            self.world.office("photo.drop", on, {"photo": photo.id, "reason": "blurred"})
            return
        said = {"photo": photo.id, "caption": self.world.name(), "audience": "customer"}
        self.world.office("photo.describe", on, said)

    @rule(phone=PHONES, order=orders, refuses=st.booleans())
    def have_it_signed(self, phone: int, order: str, refuses: bool) -> None:
        replica = self.phones[phone]
        if (WorkOrder, order) not in replica.shown(base=False):
            return
        why = {"refusal": "too dear", "ink": None} if refuses else {}
        done = proof.sign(self.world, replica, order, **why)
        if isinstance(done, Outboxed):
            self.recorded[done.op_id] = done.kind

    @rule(target=orders, phone=PHONES, waits=st.booleans(), signs=st.integers(0, 2))
    def whole_visit(self, phone: int, waits: bool, signs: int) -> str:
        """A new job from the door to its signatures; something on it may wait for a person."""
        order = self.world.job(OWNERS[phone], checklist=CHECKLIST)
        self.sync(phone, [], 200, False)
        for verb in ("accept", "depart", "arrive", "start"):
            self.step(phone, order, verb)
        self.answer(phone, order, "pass")
        if waits:
            self.act_from_the_future(phone, order)
        self.photograph(phone, order, "plate", internal=False)
        self.step(phone, order, "complete")
        for number in range(signs):
            self.have_it_signed(phone, order, refuses=number == 1)
        return order

    @rule()
    def server_looks_at_what_waits(self) -> None:
        ops = self.books.pages.ops.values()
        waiting = {op.on for op in ops if Verdict(op.verdict) not in FINAL}
        for found in self.rows(SignOff):
            on = ("work_order", found.work_order_id)
            if found.state == "pending" and on not in waiting:
                self.world.office("sign_off.check", on, {"sign_off": found.id}, by=SYSTEM)

    @rule(phone=PHONES, order=orders)
    def act_from_the_future(self, phone: int, order: str) -> None:
        """An op this server does not know, as a newer app would record it."""
        self._smuggle(phone, order, "work_order.teleport", b"{}")

    def _smuggle(self, phone: int, order: str, kind: str, args: bytes) -> None:
        entry = smuggled(self.world, self.phones[phone], order, (kind, args))
        self.recorded[entry.op_id] = kind

    @rule(pick=st.integers(0, 10), discard=st.booleans())
    def mend(self, pick: int, discard: bool) -> None:
        waiting = [op for op in self.books.pages.ops.values() if op.verdict == "quarantined"]
        if not waiting:
            return
        target = waiting[pick % len(waiting)]
        if discard:
            self.world.office(
                "op.discard", ("op", target.op_id), {"of": target.op_id, "reason": "x"}
            )
            return
        said = {
            "of": target.op_id,
            "body_fingerprint": target.fingerprint,
            "kind": "note.add",
            "v": 1,
            "on": target.on,
            "args": {"text": "mended", "audience": "internal"},
        }
        self.world.office("op.repair", ("op", target.op_id), said)

    # The network, and death

    @rule(phone=PHONES, faults=FAULTS, ops_max=st.sampled_from([1, 2, 200]), small=st.booleans())
    def sync(self, phone: int, faults: list[str], ops_max: int, small: bool) -> None:
        replica = self.phones[phone]
        before, noticed = self.priorities(replica), set(replica.disk.notices)
        summary = self.world.sync(
            replica, faults, ops_max=ops_max, want_bytes=300 if small else 400_000
        )
        assert summary.checksum_ok or self.restored or phone in {one for one, _ in self.harmed}
        assert not summary.forked or phone in self.put_back or self.restored
        fresh = [one for identity, one in replica.disk.notices.items() if identity not in noticed]
        told = {(one.job, change.new) for one in fresh for change in one.changes}
        given = {one.job for one in fresh if one.kind == "assigned"}  # it is read as a new one
        back = self.given_back(replica)  # what is changed there is told once it is theirs again
        for job, priority in self.priorities(replica).items():
            if self.is_whole(replica, job) and job not in back:
                known = replica.disk.told[("work_order", job)].get("priority")
                anew = job in given and known == priority
                assert anew or before.get(job, priority) == priority or (job, priority) in told
        self.everything_given_is_told(replica)

    @rule(phone=PHONES, order=orders, faults=FAULTS, after=st.integers(1, 40), small=st.booleans())
    def office_edits_between_conversations(
        self, phone: int, order: str, faults: list[str], after: int, small: bool
    ) -> None:
        """However the conversation after it goes, and wherever the phone dies in it."""
        self.sync(phone, [], 200, False)
        known = self.books.pages.rows.get((WorkOrder, order))
        if isinstance(known, WorkOrder):
            self.office_edits_the_job(order, "low" if known.priority == "urgent" else "urgent")
        self.phone_dies_while_syncing(phone, after)
        self.sync(phone, faults, 200, small)

    def priorities(self, phone: MemoryPhone) -> dict[str, str]:
        """What is shown of the open jobs."""
        orders = [row for row in phone.shown(base=False).values() if isinstance(row, WorkOrder)]
        return {row.id: row.priority for row in orders if row.status not in ("cancelled", "done")}

    def given_back(self, phone: MemoryPhone) -> set[str]:
        """The jobs that its person has declined without anybody having heard of it."""
        said = (one for one in phone.all_ops() if one.kind == "work_order.decline")
        return {one.on[1] for one in said if is_open(one)}

    def is_whole(self, phone: MemoryPhone, job: str) -> bool:
        stream = stream_of(("work_order", job))
        mark = phone.marks().get(stream)
        head = self.books.pages.heads.get(stream)
        return mark is not None and head is not None and mark.cursor == head.seq

    def everything_given_is_told(self, phone: MemoryPhone) -> None:
        begun = phone.disk.told.get(BEGUN, {"at": self.world.now_ms})["at"]
        own = {derive(op_id, "assignment") for op_id in phone.disk.outbox}  # who began it knows
        shown = phone.shown(base=False).values()
        whole = {job for job in self.priorities(phone) if self.is_whole(phone, job)}
        for row in shown:
            if isinstance(row, Assignment) and row.until_ms is None and row.from_ms >= begun:
                if row.id in own:
                    continue
                mine = row.person_id == phone.identity().person and row.work_order_id in whole
                notice = derive("notice", "assigned", row.id)
                assert not mine or notice in phone.disk.notices

    @rule(phone=PHONES, after=st.integers(1, 40))
    def phone_dies_while_syncing(self, phone: int, after: int, small: bool = False) -> None:
        replica = self.phones[phone]
        mortal = Mortal(replica, after * (5 if small else 1))
        self.world.callers[id(mortal)] = self.world.callers[id(replica)]
        with contextlib.suppress(Killed):
            self.world.sync(mortal, want_bytes=300 if small else 400_000)

    # Weeks that a seed decides have more than the machine's own: what is no rule here.

    def theirs(self, phone: int, order: str) -> str:
        """This job where the phone shows it; else a new one of its person, brought to it."""
        if (WorkOrder, order) not in self.phones[phone].shown(base=False):
            order = self.world.job(OWNERS[phone], checklist=CHECKLIST)
            self.sync(phone, [], 200, False)
        return order

    def job_is_taken_away_during_a_visit(
        self, phone: int, order: str, given: bool, reads: bool = False
    ) -> None:
        """What was done on it comes piece by piece, after it was taken away, or waits still."""
        self.sync(phone, [], 200, False)
        order = self.theirs(phone, order)
        for verb in ("accept", "depart", "arrive", "start"):
            self.step(phone, order, verb)
        self.answer(phone, order, "pass")
        self.no_pending_op_stands_on_nothing()  # and what stands now has to go on standing
        if given:
            self.reassign(order, BOB if OWNERS[phone] == ANN else ANN)
        else:
            self.unassign(order)
        if reads:
            self.world.sync(self.phones[phone], pull_only=True)
        else:
            self.sync(phone, [], 1, False)

    def job_goes_while_a_phone_is_away(self, phone: int, order: str) -> None:
        """It is called off and put away, and the server forgets that it was there."""
        self.sync(phone, [], 200, False)
        self.cancel(order)
        self.server_puts_away(order)
        self.world.job(OWNERS[phone], checklist=CHECKLIST)
        self.server_forgets_what_is_gone()
        self.sync(phone, [], 200, False)

    @rule(phone=PHONES, after=st.integers(1, 15))
    def server_dies_while_answering(self, phone: int, after: int) -> None:
        assert isinstance(self.world.server, MemoryServer)
        self.world.server.dies_after = after
        with contextlib.suppress(Killed):
            self.world.sync(self.phones[phone])
        self.world.server.dies_after = None

    def clock_of_a_phone_jumps(self, phone: int, days: int) -> None:
        self.world.clock_error_ms[id(self.phones[phone])] = days * DAY_MS

    @rule(phone=PHONES)
    def phone_is_backed_up(self, phone: int) -> None:
        self.backups[phone] = copied(self.phones[phone].disk)

    @rule(phone=PHONES)
    def phone_is_restored_from_its_backup(self, phone: int) -> None:
        """What was recorded since and never sent is gone with the disk; nothing else may be."""
        if phone not in self.backups:
            return
        self.phones[phone].disk = copied(self.backups[phone])
        self.stood = {}
        self.put_back.add(phone)
        self.whole = {key: base for key, base in self.whole.items() if key[0] != phone}
        here = set(self.books.pages.ops)
        for other in self.phones:
            here |= set(other.disk.outbox)
        self.recorded = {op_id: kind for op_id, kind in self.recorded.items() if op_id in here}

    def copy_of_a_phone_works_on(self, phone: int, order: str) -> None:
        """Work goes to the server, the phone is put back to before it, and more is recorded."""
        order = self.theirs(phone, order)
        self.phone_is_backed_up(phone)
        for value in ("fail", "pass"):
            self.answer(phone, order, value)
        self.sync(phone, [], 200, False)
        self.phone_is_restored_from_its_backup(phone)
        self.answer(phone, order, "fail")
        self.sync(phone, [], 200, False)

    @rule()
    def server_takes_a_new_epoch(self) -> None:
        self.books.renew()

    @rule(after=st.integers(0, 80))
    def server_is_upgraded(self, after: int) -> None:
        """To the release that the phones have; it may die in the middle, and then goes on later."""
        upgrade(self.world, after)

    @rule(target=orders, phone=PHONES, lacks=st.sampled_from(LACKING), after=st.integers(0, 80))
    def whole_visit_before_an_upgrade(self, phone: int, lacks: frozenset[str], after: int) -> str:
        """A job done with an app that is ahead of its server, until that has caught up."""
        order = str(self.whole_visit(phone, waits=False, signs=1))
        self.world.server_registry = without(lacks)
        self.sync(phone, [], 200, False)
        self.server_is_upgraded(after)
        return order

    @rule()
    def server_is_backed_up(self) -> None:
        self.backup = books_copied(self.books.pages)

    @rule(silently=st.booleans())
    def server_is_restored_from_its_backup(self, silently: bool) -> None:
        """What the office did since is gone; what phones recorded comes back from the phones."""
        if self.backup is None:
            return
        epoch = self.books.epoch
        self.books.pages = books_copied(self.backup)
        self.books.pages.epoch = epoch
        if not silently:
            self.books.renew()
        self.restored = True
        here = set(self.books.pages.ops).union(*(phone.disk.outbox for phone in self.phones))
        # What only the server still had, because its phone was put back too, is truly gone.
        self.recorded = {op_id: kind for op_id, kind in self.recorded.items() if op_id in here}

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for phone in [*self.phones, *self.phones, *self.phones]:
            self.world.sync(phone)
        for phone in self.phones:
            assert self.world.sync(phone).checksum_ok
        assert set(self.recorded) <= set(self.books.pages.ops)
        self.everything_is_fed()
        for phone in self.phones:
            assert phone.outgoing(1, 1) == []
            person = phone.identity().person
            state = State(phone.shown(base=False).values(), versioned=False)
            scope = self.books.scope(person)
            for thing, known in phone.disk.told.items():
                # What left is hidden while something of it waits, and stays as it was.
                here = thing[0] in DETAILS and stream_of(thing) in scope
                shown = facts_of(state, thing, person) if here else None
                off = known.get("status") == "cancelled"  # its changes wait until it comes back
                waits = {*DETAILS["work_order"][1], *TIMES} if off else set()
                held = {name: value for name, value in known.items() if name not in waits}
                assert shown is None or {**shown, **held} == shown
            for stream in scope & self.books.pages.feed.keys():
                fed = self.books.pages.feed[stream]
                sent = {key: one.body for key, one in fed.items() if one.body is not None}
                assert phone.disk.base.get(stream, {}) == sent
                assert phone.disk.views.get(stream, {}) == {}
            for entry in phone.all_ops() if not self.restored else ():
                assert entry.verdict == self.books.pages.ops[entry.op_id].verdict
            open_ops = [one for one in phone.all_ops() if Verdict(str(one.verdict)) not in FINAL]
            needed = {stream_of(place) for one in open_ops for place in touched(one)}
            left = set(phone.disk.base) - scope - needed
            assert [one for one in left if not phone.is_awaited(things_of({one}))] == []
        assert SYSTEM not in self.books.pages.ops


TestCompany = Company.TestCase
TestCompany.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, derandomize=True
)


class LongWeeks(Company):
    """The same for longer; without `derandomize` it lives through other weeks in every run."""


TestLongWeeks = pytest.mark.slow(pytest.mark.timeout(1800)(LongWeeks.TestCase))
TestLongWeeks.settings = settings(
    max_examples=1500, stateful_step_count=60, deadline=None, derandomize=True, print_blob=True
)
