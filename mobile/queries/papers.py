"""What a paper is made of: the rows of a document, and what a dispatch order says beside them."""

import sqlite3
from collections.abc import Collection

from mobile.queries import proof, rows
from shared.history import AssetHistory, history_id
from shared.parts import Part, PlannedPart
from shared.people import Person
from shared.records import State
from shared.visit import Visit
from shared.work_order import WorkOrder


def state(connection: sqlite3.Connection, orders: Collection[str]) -> State:
    """Every row that a paper about these jobs may be made of."""
    found = proof.shown(connection, orders)
    around = State(found)
    machines = {one.asset_id for one in around.all(WorkOrder)}
    histories = {history_id(one) for one in machines if one is not None}
    past = rows.several(connection, AssetHistory, histories).values()
    people = {one.person_id for one in around.all(Visit)}
    people |= {visit.person_id for one in past for visit in one.visits}
    planned = {one.part_id for one in around.all(PlannedPart)}
    found += past
    found += rows.several(connection, Person, people).values()
    found += rows.several(connection, Part, planned).values()
    return State(found, versioned=False)
