"""Who holds a connection: how much may be said, and for how long, before it is a request."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from server import listening
from server.listening import HEAD_BYTES_MAX, Server
from server.settings import load
from tests.machine import free_port

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]

Found = TypeVar("Found")

SHORT_S = 1.0
ASKED = b"POST / HTTP/1.1\r\nHost: here\r\n"
BODY = b"Content-Length: 5\r\n\r\nhello"


class App:
    """Answers with what it heard, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.may_hear = asyncio.Event()
        self.may_hear.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await self.may_hear.wait()
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if message["type"] == "http.disconnect":
                body += b" and gone"
        self.heard.append(body)
        length = str(len(body)).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", length)],
            }
        )
        await send({"type": "http.response.body", "body": body})


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that is told, to the end of the line."""
    told = b""
    with suppress(ConnectionResetError):  # who is not heard out hears less, too
        while piece := await asyncio.wait_for(reader.read(1_000), 10):
            told += piece
    return told


@asynccontextmanager
async def served(app: Any, folder: Path) -> AsyncIterator[int]:
    """The app on a port of its own."""
    ready = asyncio.Event()
    settings = load({"data": folder, "port": free_port()})
    server = Server(app, settings, ready=ready.set, let_go=lambda: None)
    line = socket.create_server(("127.0.0.1", settings.port))
    task = asyncio.create_task(server.serve([line]))
    await ready.wait()
    try:
        yield settings.port
    finally:
        server.should_exit = True
        await task


def talked(folder: Path, talk: Talk) -> tuple[Any, list[bytes]]:
    """What came of a talk, and what the app heard."""

    async def whole() -> tuple[Any, list[bytes]]:
        app = App()
        async with served(app, folder) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            found = await talk(reader, writer)
            writer.close()
        return found, app.heard

    return apart(whole())


def apart(talk: Coroutine[Any, Any, Found]) -> Found:
    """What comes of it in a loop of its own: this thread may have one, of a browser."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, talk).result()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "HEAD_S", SHORT_S)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("said", [b"", b"POST / HT", ASKED, b"\r\n", ASKED + BODY + ASKED])
def test_a_head_that_is_not_over_after_a_while_is_waited_for_no_longer(
    tmp_path: Path, said: bytes
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(said)
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert heard == ([b"hello"] if BODY in said else [])
    last = told.rpartition(b"HTTP/1.1 ")[2]
    assert last.startswith(b"408 Request Timeout\r\n") is bool(said)


@pytest.mark.usefixtures("impatient")
def test_who_drips_a_head_byte_by_byte_gains_no_time(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        listening_to = asyncio.create_task(rest(reader))
        for byte in ASKED * 3:
            writer.write(bytes([byte]))
            await asyncio.sleep(SHORT_S / 20)
            if listening_to.done():
                break
        return await listening_to

    told, heard = talked(tmp_path, talk)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert heard == []


@pytest.mark.usefixtures("impatient")
def test_an_answer_may_take_longer_than_a_head_and_the_next_head_begins_then(
    tmp_path: Path,
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[bytes]:
        told = []
        for _ in range(2):
            writer.write(ASKED + b"Content-Length: 5\r\n\r\n")
            await asyncio.sleep(1.5 * SHORT_S)  # a body may be slow: the app minds that
            writer.write(b"hello")
            told.append(await reader.readuntil(b"hello"))
        return told

    told, heard = talked(tmp_path, talk)
    assert [one[:15] for one in told] == [b"HTTP/1.1 200 OK"] * 2
    assert heard == [b"hello"] * 2


@pytest.mark.parametrize(
    "begun", [b"GET /", ASKED + b"X-Long: ", ASKED + b"X: y\r\n" * 40_000 + b"X: "]
)
def test_a_head_without_an_end_is_not_kept(tmp_path: Path, begun: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun + b"a" * HEAD_BYTES_MAX)
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert not told or told.startswith(b"HTTP/1.1 431 ")
    assert heard == []


def test_what_follows_a_body_without_an_end_is_not_kept(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(ASKED + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")
        writer.write(b"X-Trailing: " + b"a" * 2 * HEAD_BYTES_MAX)
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert b"HTTP/1.1 200" not in told
    assert heard == [b"hello and gone"]


def test_what_is_no_request_is_refused_and_another_is_heard(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert heard == []


def test_who_asks_more_and_more_before_an_answer_is_heard_no_longer(tmp_path: Path) -> None:
    async def whole() -> int:
        app = App()
        app.may_hear.clear()
        async with served(app, tmp_path) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n" * 5_000)
            await asyncio.sleep(SHORT_S)
            app.may_hear.set()
            await rest(reader)
            writer.close()
        return len(app.heard)

    assert apart(whole()) <= listening.ASKED_AT_ONCE_MAX + 1


@pytest.mark.parametrize("kind", [b"h2c", b"websocket"])
@pytest.mark.parametrize("pieces", [1, 2])
def test_a_body_after_a_wish_for_another_protocol_is_never_a_request(
    tmp_path: Path, kind: bytes, pieces: int
) -> None:
    inner = b"POST /inner HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    length = b"Content-Length: %d\r\n\r\n" % len(inner)
    wish = ASKED + b"Connection: Upgrade\r\nUpgrade: " + kind + b"\r\n"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        if pieces == 1:
            writer.write(wish + length + inner)
        else:
            writer.write(wish + length)
            await asyncio.sleep(SHORT_S)
            writer.write(inner)
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert heard == []
    assert told.count(b"HTTP/1.1") <= 1
    assert b" 200 " not in told


def test_a_wish_for_another_protocol_is_passed_over_and_the_line_ends(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert told.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in told.lower()
    assert heard == [b""]


def test_what_is_no_request_does_not_spoil_the_answer_before_it(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(ASKED + BODY + b"\x00\x01 nothing\r\n\r\n")
        return await rest(reader)

    told, heard = talked(tmp_path, talk)
    assert heard == [b"hello"]
    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.endswith(b"hello")
    assert told.count(b"HTTP/1.1") == 1


def test_who_takes_nothing_of_an_answer_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "STILL_S", SHORT_S)

    async def large(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await App()(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(300):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})

    async def whole() -> int:
        async with served(large, tmp_path) as port:
            line = socket.create_connection(("127.0.0.1", port))
            line.setblocking(False)
            line.send(b"GET / HTTP/1.1\r\n\r\n")
            await asyncio.sleep(4 * SHORT_S)
            taken = 0
            with suppress(ConnectionResetError):
                while piece := line.recv(1_000_000):
                    taken += len(piece)
            line.close()
        return taken

    assert apart(whole()) < 30_000_000


def test_all_that_came_of_a_body_is_heard_though_whoever_said_it_is_gone(tmp_path: Path) -> None:
    async def whole() -> list[bytes]:
        app = App()
        app.may_hear.clear()
        async with served(app, tmp_path) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ASKED + b"Content-Length: 9\r\n\r\nhello")
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            await asyncio.sleep(SHORT_S)
            app.may_hear.set()
        return app.heard

    assert apart(whole()) == [b"hello and gone"]
