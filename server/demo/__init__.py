"""The demo company: the same people, parts, customers and jobs for every day and seed."""

import datetime

from server.demo.customers import clients
from server.demo.field import done_in_the_field
from server.demo.masters import catalog, staff
from server.demo.premises import FOLDER, Company, DemoOp, Login, Premises
from server.demo.stock import opening_stock
from server.demo.work import jobs

__all__ = ["FOLDER", "Company", "DemoOp", "Login", "company"]


def company(day: str, seed: int) -> Company:
    """The company as of the morning of a day (`2026-11-21`), in an order the rules accept.

    `ops` are said in the office; `field` is what the technicians did on past jobs, to be said
    after them. Nothing happens later than half past seven of that day.
    """
    premises = Premises(seed=seed, day=datetime.date.fromisoformat(day))
    team = staff(premises)
    goods = catalog(premises)
    served = clients(premises)
    work = jobs(premises, team, served, goods)
    stocked = opening_stock(premises, team, goods)
    return Company(
        ops=[*team.ops, *goods.ops, *served.ops, *stocked.ops, *work.ops],
        field=done_in_the_field(premises, goods, work, stocked),
        logins=team.logins,
    )
