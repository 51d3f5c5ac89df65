"""The server's HTTP interface: what phones, the office's programs and the monitoring ask."""

from server.api import devices, health, ops, reads, sign_in, sync
from server.api.inflation import Inflation
from server.api.reads import known_parameters

ROUTES = (
    devices.enrol,
    devices.invite,
    devices.revoke,
    devices.token,
    health.health,
    ops.act,
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
    sign_in.change_password,
    sign_in.login,
    sign_in.logout,
    sign_in.reset_password,
    sync.sync,
)

__all__ = ["ROUTES", "Inflation", "known_parameters"]
