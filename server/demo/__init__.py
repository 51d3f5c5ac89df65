"""The demo company: the same people, parts, customers and jobs for every day and seed."""

import datetime

from server.demo.aftermath import afterwards, disputed
from server.demo.customers import clients
from server.demo.field import done_in_the_field
from server.demo.masters import catalog, staff
from server.demo.premises import FOLDER, THIS_MORNING, ZONE, Company, DemoOp, Login, Premises
from server.demo.stock import opening_stock
from server.demo.trade import contracts, handed_over, prices
from server.demo.voices import said_after
from server.demo.work import Firm, jobs

__all__ = ["FOLDER", "ZONE", "Company", "DemoOp", "Login", "company"]


def company(day: str, seed: int, verify_url: str = "", until: int = THIS_MORNING) -> Company:
    """The company as of a day (`2026-11-21`), in an order the rules accept.

    `ops` are said in the office; `field` is what the technicians did on that day until so many
    minutes after midnight, to be said after them; `after` what the office made of it; and then come
    the `disputes`. `verify_url` is where its reports can be checked.
    """
    premises = Premises(seed=seed, day=datetime.date.fromisoformat(day), until=until)
    team = staff(premises)
    goods = catalog(premises)
    served = clients(premises)
    stocked = opening_stock(premises, team, goods)
    priced = prices(premises, goods, verify_url)
    firm = Firm(premises, team, goods, stocked, priced.newest)
    work = jobs(firm, served)
    field = done_in_the_field(firm, work.jobs)
    trade = [*priced.ops, *contracts(premises)]
    return Company(
        ops=[*team.ops, *goods.ops, *served.ops, *trade, *stocked.ops, *work.ops],
        field=field,
        after=[*afterwards(firm, work), *handed_over(firm, field), *said_after(firm, work)],
        disputes=disputed(firm, work),
        logins=team.logins,
    )
