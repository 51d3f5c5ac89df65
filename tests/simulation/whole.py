"""The same three phones, with customers written down twice, rows that come to harm, and time.

What only weeks that a seed decides have: the machines are quick enough without it.
"""

import json
from typing import Final

import msgspec
from hypothesis.stateful import invariant

from shared.aliases import Alias
from shared.kinds import read_row, write_row
from shared.merging import MERGED, NAMING, key_of
from shared.ops import SYSTEM
from shared.parts import Part
from shared.records import CATALOG, stream_of
from shared.site import Site
from shared.work_order import WorkOrder
from sync.doubts import EXAMINE_EVERY_MS
from tests.simulation.hardships import Hardships
from tests.simulation.test_state_machine import OWNERS
from tests.world import ANN, BOB, CHECKLIST, CUSTOMER, SITE

PART: Final = {"en": "Seal", "zh": "密封圈", "type": "generic", "unit": "piece"}


class Whole(Hardships):
    """All that can happen in a week."""

    twins: list[tuple[str, str]]

    def begin(self, lacks: frozenset[str] = frozenset()) -> None:
        super().begin(lacks)
        self.twins = []

    # Customers and sites that are one

    def somebody_is_written_down_twice(self, who: str) -> str:
        """A customer that is there already, with a site of theirs and a job."""
        count = len(self.twins)
        said = {"name": f"陈静 {count}", "type": "person"}
        customer = self.world.must(self.world.office("customer.add", ("customer", ""), said)).id
        place = {"customer": customer, "address": f"Main St {count}", "time_zone": "Asia/Shanghai"}
        site = self.world.must(self.world.office("site.add", ("site", ""), place)).id
        self.twins.append((customer, site))
        return self.world.job(who, checklist=CHECKLIST, customer=customer, site=site, asset=None)

    def office_merges(self, pick: int, sites: bool) -> None:
        """The one that was written down last into the one there was; their sites, or not yet."""
        if not self.twins:
            return
        customer, site = self.twins[pick % len(self.twins)]
        self.world.office("customer.merge", ("customer", customer), {"into": CUSTOMER})
        if sites:
            self.world.office("site.merge", ("site", site), {"into": SITE})

    def edit_its_site(self, phone: int, order: str, value: str) -> None:
        """A change at the site of a job, which may be called otherwise by then."""
        shown = self.phones[phone].shown(base=False)
        job = shown.get((WorkOrder, order))
        site = shown.get((Site, job.site_id)) if isinstance(job, WorkOrder) else None
        if isinstance(site, Site):
            said = {"fields": {"contact_phone": [site.contact_phone, value]}, "work_order": order}
            self.tap(phone, "edit", ("site", site.id), said)

    def site_is_merged_while_a_phone_is_away(self, phone: int, waits: bool) -> str:
        """A change at it is on its way, and may be there before."""
        order = self.somebody_is_written_down_twice(OWNERS[phone])
        self.sync(phone, [], 200, False)
        self.edit_its_site(phone, order, "888")
        if waits:
            self.phone_only_reads(phone, [])
        self.office_merges(len(self.twins) - 1, sites=True)
        self.edit_its_site(phone, order, "999")
        self.sync(phone, [], 1, False)
        return order

    @invariant()
    def nothing_names_what_was_merged(self) -> None:
        aliases = self.rows(Alias)
        gone = {(one.noun, one.merged_id) for one in aliases}
        for noun, identity in gone:
            assert (MERGED[noun], identity) not in self.books.pages.rows
            for kind, name in NAMING[noun]:
                wanted = key_of(noun, name, identity)
                assert wanted not in {getattr(row, name) for row in self.rows(kind)}
        assert not {(one.noun, one.into_id) for one in aliases} & gone

    @invariant()
    def nothing_said_of_what_was_merged_is_refused_for_it(self) -> None:
        """It is looked for under the id that it has now, and so is what its job hangs on."""
        for op in self.books.pages.ops.values():
            if (op.kind, op.code) != ("edit", "unknown_subject") or op.device is None:
                continue
            said = json.loads(self.books.pages.raw[op.op_id])["args"]
            job = (WorkOrder, said.get("work_order", ""))
            assert self.restored or job not in self.books.pages.rows

    @invariant()
    def who_follows_a_job_follows_all_that_it_hangs_on(self) -> None:
        for person in (ANN, BOB):
            scope = self.books.scope(person)
            for job in self.rows(WorkOrder):
                if stream_of(("work_order", job.id)) in scope:
                    assert stream_of(("site", job.site_id)) in scope
                    assert stream_of(("customer", job.customer_id)) in scope
                    assert stream_of(("ticket", job.ticket_id)) in scope

    # Rows that come to harm

    def a_row_comes_to_harm(self, phone: int, how: str) -> None:
        """A part of the catalog, of which nobody has used any, is not what the office sent."""
        new = self.world.name()
        said = {"row": {**PART, "number": f"S-{self.world.count}"}}
        self.world.must(self.world.office("master.put", ("part", new), said, by=SYSTEM))
        self.sync(phone, [], 200, False)
        disk, key = self.phones[phone].disk, ("part", new)
        rows = dict(disk.base.get(CATALOG, {}))
        mark = disk.marks.get(CATALOG)
        if mark is None or not mark.cursor or key not in rows:
            return
        row = read_row(key[0], rows[key])
        assert isinstance(row, Part)
        if how == "gone":
            del rows[key]
        else:
            identity = self.world.name() if how == "added" else new
            rows["part", identity] = write_row(msgspec.structs.replace(row, id=identity, en="Sael"))
        disk.base[CATALOG] = rows
        self.harmed.add((phone, CATALOG))

    def copy_of_a_phone_works_beside_it(self, phone: int, order: str, turns: int) -> None:
        """With what had come to harm."""
        if len(self.phones) == len(OWNERS):
            self.harmed |= {(len(OWNERS), stream) for one, stream in self.harmed if one == phone}
        super().copy_of_a_phone_works_beside_it(phone, order, turns)

    def a_week_passes(self) -> None:
        """Enough for each phone to read all its rows through."""
        self.world.tick(EXAMINE_EVERY_MS)

    # What may come in between

    def what_waits_is_mended(self, phone: int, order: str, discard: bool) -> None:
        """And what was said of the same job after it goes on."""
        order = self.theirs(phone, order)
        self.act_from_the_future(phone, order)
        self.step(phone, order, "accept")
        self.edit(phone, order, "444")
        self.sync(phone, [], 200, False)
        self.mend(-1, discard)

    def server_is_put_back_and_goes_on(self, phone: int, order: str) -> None:
        """Its streams come to the same places by another way, in a new epoch."""
        self.sync(phone, [], 200, False)
        self.server_is_backed_up()
        self.office_edits_the_job(order, "urgent")
        self.office_edits_the_site("111")
        self.answer(phone, order, "pass")
        self.sync(phone, [], 200, False)
        self.server_is_restored_from_its_backup(silently=False)
        self.office_edits_the_job(order, "low")
        self.office_edits_the_site("222")

    def phone_only_reads(self, phone: int, faults: list[str]) -> None:
        """As where the server has had enough ops for now."""
        self.world.sync(self.phones[phone], faults, pull_only=True)

    def teardown(self) -> None:
        if hasattr(self, "world") and self.harmed:
            self.a_week_passes()
        super().teardown()
