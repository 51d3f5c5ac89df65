"""Apps for servers in this process: put together once, then one office after another moves in.

To put some four hundred routes together takes longer than most tests do.
"""

from collections import defaultdict
from pathlib import Path

from litestar import Litestar
from msgspec import structs

from server.app import build, move_in
from server.office import Office

# Of an app's state: with how many routes it was built, and whether its office has been closed.
ROUTES, CLOSED = "routes", "closed"
Wish = tuple[Path, int]

_lent: list[tuple[Wish, Litestar]] = []
_free: dict[Wish, list[Litestar]] = defaultdict(list)


def occupied(office: Office) -> Litestar:
    """An app that is this office's; its `state` has the office as it is from now on."""
    wish = (office.settings.assets, office.settings.limits.request_bytes_max)
    app = _free[wish].pop() if _free[wish] else build(*wish)

    def close() -> None:
        office.close()
        app.state[CLOSED] = True

    app.state[ROUTES] = len(app.routes)
    app.state[CLOSED] = False
    move_in(app, structs.replace(office, close=close))
    _lent.append((wish, app))
    return app


def gather() -> None:
    """Others may have the apps of closed offices, unless a test has built something on."""
    for one in [one for one in _lent if one[1].state[CLOSED]]:
        _lent.remove(one)
        wish, app = one
        if len(app.routes) == app.state[ROUTES]:
            _free[wish].append(app)
