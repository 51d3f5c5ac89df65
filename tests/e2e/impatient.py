"""A server that bears no longer silence: `python -m tests.e2e.impatient <data> <port> <s>`."""

import asyncio
import sys
from pathlib import Path

from server.app import create_app
from server.serving import serve_one
from server.settings import load


def main(folder: str, port: str, still_s: str) -> None:
    """Serve until told to stop."""
    settings = load({"data": Path(folder), "port": int(port)})
    app = create_app(settings)
    app.state["still_s"] = float(still_s)
    asyncio.run(serve_one(settings, app, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
