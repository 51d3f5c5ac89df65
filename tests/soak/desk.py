"""The office while phones work: it gives jobs out, edits, takes away and calls off, over HTTP."""

import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec

from tests.benchmarks.company import CHECKLIST, ORDER, TICKET, Technician
from tests.benchmarks.house import House
from tests.benchmarks.line import Busy
from tests.benchmarks.scenarios import JSON

BUSY_S: Final = 1.0
HELPED: Final = 0.3  # of new jobs are two people's

Asked = dict[str, Any]


class Desk:
    """A dispatcher who asks again with the same ids until there is an answer."""

    def __init__(self, house: House, team: Sequence[Technician], dice: Random) -> None:
        self._house, self._team, self._dice = house, team, dice
        self._line = house.line()
        self._session = house.company.session()
        orders = house.rows("work_order")
        self._orders: list[str] = [row["id"] for row in orders]
        self._places = [{"customer": row["customer_id"], "site": row["site_id"]} for row in orders]
        self.count: Counter[str] = Counter()

    def do_something(self) -> None:
        """One thing that a dispatcher does in a minute."""
        acts = (self._edit, self._give, self._give, self._move, self._call_off)
        self._say(self._dice.choice(acts)())

    def _edit(self) -> list[Asked]:
        text = f"Ring {self._dice.randrange(1000)}"
        fields = {"job_note": ["", text], "priority": ["normal", "high"]}
        return [self._asked("edit", self._dice.choice(self._orders), {"fields": fields})]

    def _give(self) -> list[Asked]:
        ticket, order = self._house.company.new_id(), self._house.company.new_id()
        told = {**TICKET, **self._dice.choice(self._places)}
        self._orders.append(order)
        who = self._dice.sample(self._team, 2 if self._dice.random() < HELPED else 1)
        return [
            {"id": ticket, "kind": "ticket.open", "on": ["ticket", ticket], "args": told},
            {
                "id": order,
                "kind": "work_order.create",
                "on": ["work_order", order],
                "args": {**ORDER, "ticket": ticket, "checklist": CHECKLIST},
            },
            *(
                self._asked(
                    "work_order.assign",
                    order,
                    {"person": one.person, "role": "helper" if place else "lead"},
                )
                for place, one in enumerate(who)
            ),
        ]

    def _move(self) -> list[Asked]:
        order, to = self._dice.choice(self._orders), self._dice.choice(self._team)
        return [self._asked("work_order.reassign", order, {"person": to.person, "reason": "ill"})]

    def _call_off(self) -> list[Asked]:
        order = self._dice.choice(self._orders)
        return [self._asked("work_order.cancel", order, {"reason": "by telephone"})]

    def _asked(self, kind: str, order: str, args: Asked) -> Asked:
        identity = self._house.company.new_id()
        return {"id": identity, "kind": kind, "on": ["work_order", order], "args": args}

    def _say(self, ops: list[Asked]) -> None:
        headers = {**JSON, "Authorization": f"Bearer {self._session}"}
        body = msgspec.json.encode({"ops": ops})
        answer: bytes | None = None
        while answer is None:
            try:
                answer = self._line.post("/api/ops", body, headers)
            except Busy:
                self.count["busy"] += 1
                time.sleep(BUSY_S)
        for told in msgspec.json.decode(answer)["results"]:
            self.count[told["verdict"]] += 1
