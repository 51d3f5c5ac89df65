"""Verifying: what the books know of a paper by the hashes that are printed on it."""

from typing import Final

from sqlalchemy import Connection, and_, func, select

from server import tree
from server.queries.pages import Item, T

FOUND_MAX: Final = 20  # jobs signed for together, and papers whose hashes begin alike
AFTER_ALL_DIGITS: Final = "g"
DIVERGED: Final = "diverged"


def signed(connection: Connection, beginning: str, whole: tuple[str, str]) -> list[Item]:
    """The sign-offs whose hash of what was shown begins with these digits.

    Those with exactly these hashes (shown, seal) come first, however many others begin alike, and
    of these the ones that nothing is wrong with: whoever knows a paper's hashes may send them, too.
    """
    sign_off, order, site, kept, op = (
        T[name] for name in ("sign_off", "work_order", "site", "signed_document", "op")
    )
    joined = (
        sign_off.join(order, order.c.id == sign_off.c.work_order_id)
        .join(site, site.c.id == order.c.site_id)
        .outerjoin(kept, kept.c.sign_off_id == sign_off.c.id)
        .outerjoin(op, op.c.op_id == sign_off.c.group_id)
    )
    rows = connection.execute(
        select(
            *sign_off.c,
            order.c.number,
            site.c.time_zone,
            kept.c.document,
            op.c.received,
        )
        .select_from(joined)
        .where(
            sign_off.c.shown_hash >= beginning,
            sign_off.c.shown_hash < beginning + AFTER_ALL_DIGITS,
        )
        .order_by(
            and_(sign_off.c.shown_hash == whole[0], sign_off.c.seal == whole[1]).desc(),
            (sign_off.c.state == DIVERGED).asc(),
            sign_off.c.at.desc(),
            kept.c.document.is_(None),
            order.c.number,
        )
        .limit(FOUND_MAX)
    )
    return [dict(row._asdict()) for row in rows]


def is_newest(connection: Connection, order: str, purpose: str, at: int) -> bool:
    """Whether nothing was signed for the same purpose on a job later (ms)."""
    sign_off = T["sign_off"]
    newest = select(func.max(sign_off.c.at)).where(
        sign_off.c.work_order_id == order, sign_off.c.purpose == purpose
    )
    return (connection.scalar(newest) or 0) <= at


def leaf(connection: Connection, op_id: str) -> tuple[int | None, int]:
    """The number of an op's leaf in the log, and how many leaves the signed head is over."""
    entered, op = T["leaf"], T["op"]
    number = connection.scalar(
        select(entered.c.number)
        .join(op, op.c.op_id == entered.c.op_id)
        .where(entered.c.op_id == op_id, entered.c.n == op.c.n, entered.c.epoch == op.c.epoch)
    )
    head = tree.head(connection)
    return number, head.size if head is not None else 0
