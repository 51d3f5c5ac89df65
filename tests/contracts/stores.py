"""A real S3 server of one's own, for the evidence store that is a bucket."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from server.evidence import Evidence, Unreachable, open_evidence
from server.settings import EvidenceKeys
from tests.machine import free_port

WEED: Final = str(Path(sys.executable).with_name("weed"))
READY_S: Final = 60.0
BUCKET: Final = "evidence"
KEYS: Final = EvidenceKeys(key_id="test", secret="not a secret")
ATTEMPTS: Final = 3
LOG: Final = "server.log"
FURTHER: Final = 10_000  # each service has a second port so much higher


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """Serves a bucket; gives the URL of the store."""
    process, url = _started(folder)
    try:
        yield url
    finally:
        process.kill()  # asked to end, it takes its time
        process.wait()


def _started(folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """A server that answers. Another program may take a port before it does: then once more."""
    home = folder
    for attempt in range(ATTEMPTS):
        home = folder / str(attempt)
        home.mkdir(parents=True)
        names = ("s3", "master", "volume", "filer")
        ports = dict(zip(names, _ports(len(names)), strict=True))
        process = _start(home, [f"-{name}.port={port}" for name, port in ports.items()])
        url = f"s3://{BUCKET}/photos?endpoint=http://127.0.0.1:{ports['s3']}"
        if _answers(process, ports["s3"], open_evidence(url, KEYS)):
            return process, url
    raise AssertionError(f"the S3 server has ended: {(home / LOG).read_text()[-2000:]}")


def _start(home: Path, words: list[str]) -> "subprocess.Popen[bytes]":
    with (home / LOG).open("wb") as log:
        return subprocess.Popen(
            [
                *(WEED, "mini", f"-dir={home}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *("-admin.ui=false", "-webdav=false", f"-bucket={BUCKET}", *words),
            ],
            cwd=home,
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": KEYS.key_id,
                "AWS_SECRET_ACCESS_KEY": KEYS.secret,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _ports(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        port = free_port()
        if port + FURTHER < 2**16:
            found.add(port)
    return sorted(found)


def _answers(process: "subprocess.Popen[bytes]", port: int, store: Evidence) -> bool:
    """Whether it comes to take what it will be asked for; it may end before."""
    until = time.monotonic() + READY_S
    while process.poll() is None:
        assert time.monotonic() < until, "the S3 server does not answer"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            time.sleep(0.05)
            continue
        try:
            store.has("0" * 64)
        except Unreachable:
            time.sleep(0.05)
        else:
            return True
    return False
