"""A server with a clock that is set: `python -m tests.console.served <data> <port> <start ms>`."""

import asyncio
import sys
import time
from pathlib import Path

from server.app import create_app
from server.serving import serve_one
from server.settings import load


def main(folder: str, port: str, start: str) -> None:
    """Serve until told to stop."""
    began = time.monotonic_ns()
    settings = load({"data": Path(folder), "port": int(port)})

    def clock() -> int:
        return int(start) + (time.monotonic_ns() - began) // 1_000_000

    asyncio.run(serve_one(settings, create_app(settings, clock=clock), None))


if __name__ == "__main__":
    main(*sys.argv[1:])
