"""The machine that tests run on: its free ports, and its browser."""

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def chromium(playwright: "Playwright") -> "Browser":
    """The browser, which asks nobody but the pages it is given."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
