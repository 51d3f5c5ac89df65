"""What customers say of somebody is not on that one's phone; what one wrote down is (0044)."""

from shared.feedback import Feedback
from shared.ticket import TicketEvent
from shared.work_order import WorkOrder
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from tests.world import ANN, DORA, World


def told(phone: MemoryPhone) -> list[str]:
    """The words of feedback that a phone shows, and those in the stories that it has."""
    rows = phone.shown(base=False).values()
    said = [one.text for one in rows if isinstance(one, Feedback)]
    return sorted([*said, *(one.note for one in rows if isinstance(one, TicketEvent) and one.note)])


def test_a_phone_has_what_its_person_wrote_down_and_nothing_that_the_office_did() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    (job,) = (one for one in phone.shown(base=False).values() if isinstance(one, WorkOrder))
    about = {"ticket": job.ticket_id, "kind": "complaint"}
    mine = {**about, "means": "in_person", "text": "The lift is broken", "work_order": order}
    kept = world.tap(phone, "feedback.record", ("feedback", ""), mine)
    assert isinstance(kept, Outboxed)
    assert "The lift is broken" in told(phone)
    theirs = {**about, "means": "phone", "text": "Ann was rude"}
    said = world.must(world.office("feedback.record", ("feedback", ""), theirs, by=DORA))
    contact = {"means": "phone", "reached": True, "note": "She shouted"}
    world.must(world.office("feedback.contact", ("feedback", said.id), contact, by=DORA))
    for _ in range(2):
        world.sync(phone)
    assert told(phone) == ["The lift is broken"]
    (row,) = (one for one in phone.shown(base=True).values() if isinstance(one, Feedback))
    assert (row.by, row.work_order_id, row.version) == (ANN, order, 1)
