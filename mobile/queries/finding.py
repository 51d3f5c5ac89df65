"""Finding jobs by whatever of them somebody remembers, one Chinese character included."""

import sqlite3

from mobile.queries import jobs
from mobile.queries.jobs import Around, Job
from shared.work_order import WorkOrder


def mentioning(connection: sqlite3.Connection, text: str) -> list[Job]:
    """The jobs that mention every word of a text, by planned time."""
    wanted = text.casefold().split()
    if not wanted:
        return []
    orders, around = jobs.everything(connection)
    found = (one for one in orders if _mentions(one, around, wanted))
    return jobs.in_order(jobs.job(one, around) for one in found)


def _mentions(order: WorkOrder, around: Around, wanted: list[str]) -> bool:
    """Whether a job's texts hold every word; a telephone number counts by its digits, too."""
    customer = around.customers.get(order.customer_id)
    site = around.sites.get(order.site_id)
    asset = around.assets.get(order.asset_id or "")
    texts = [order.number or "", order.provisional or "", order.summary, order.job_note]
    phones: list[str] = []
    if customer is not None:
        texts.append(customer.name)
        phones.append(customer.phone)
    if site is not None:
        texts += [site.name, site.address, site.zone, site.contact_name, site.access_notes]
        phones.append(site.contact_phone)
    if asset is not None:
        texts += [asset.name, asset.model, asset.serial]
    digits = ["".join(sign for sign in phone if sign.isdigit()) for phone in phones]
    heap = "\n".join((*texts, *phones, *digits)).casefold()
    return all(word in heap for word in wanted)
