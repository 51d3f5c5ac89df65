"""The server's HTTP interface: what phones, the office's programs and the monitoring ask."""

from server.api import (
    devices,
    enquiries,
    evidence,
    health,
    ops,
    papers,
    pictures,
    pokes,
    reads,
    rescue,
    sign_in,
    sync,
)
from server.api.evidence import as_tus, open_lane
from server.api.heads import modest
from server.api.inflation import Inflation
from server.api.pacing import EXCHANGES_AT_ONCE_MAX, open_paces
from server.api.reads import known_parameters

ROUTES = (
    devices.enrol,
    devices.invite,
    devices.confirm,
    devices.deny,
    devices.revoke,
    devices.wiped,
    devices.token,
    enquiries.bring,
    evidence.options,  # before others of its path, or the framework makes its own
    evidence.create,
    evidence.end,
    evidence.look,
    evidence.overridden,
    evidence.resume,
    health.health,
    ops.act,
    papers.dispatch,
    papers.receipt,
    papers.report,
    papers.take_away,
    pictures.picture,
    pokes.listen,
    reads.audit,
    reads.conflicts,
    reads.devices,
    reads.proof,
    reads.stock,
    reads.ticket,
    reads.tickets,
    reads.waiting,
    reads.work_order,
    reads.work_orders,
    rescue.carry,
    sign_in.change_password,
    sign_in.login,
    sign_in.logout,
    sign_in.reset_password,
    sync.sync,
)

# For as long as the server lives.
OPENED = (open_paces, open_lane)

__all__ = [
    "EXCHANGES_AT_ONCE_MAX",
    "OPENED",
    "ROUTES",
    "Inflation",
    "as_tus",
    "known_parameters",
    "modest",
]
