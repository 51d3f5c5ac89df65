"""Files on real connections: cut, stalled, doubled and killed; and clients that others wrote."""

import io
import random
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.bases import CHOICE
from tests.e2e.conftest import Company, opened
from tests.e2e.processes import Server
from tests.e2e.uploading import Uploader, picture, sha256
from tests.machine import chromium

BUNDLE = Path(__file__).resolve().parents[1] / "vendor" / "tus.min.js"
SIZE = 200_000


@pytest.fixture(scope="module")
def uploader(company: Company) -> Uploader:
    """The phone of a technician, as far as it uploads."""
    return Uploader(company.desk, "zhou.jian")


def stored(data_folder: Path, data: bytes) -> bool:
    """Whether a file is in the evidence store."""
    name = sha256(data)
    path = data_folder / "evidence" / name[0] / name[1] / name
    return path.is_file() and path.read_bytes() == data


def test_cut_anywhere_what_came_is_kept(company: Company, uploader: Uploader) -> None:
    data = picture(1)
    place, offset, dice = uploader.begin(data), 0, random.Random(1)
    steps = [0, 1, 100, 8_192, 65_536, *(dice.randrange(1, 20_000) for _ in range(5))]
    lost = 0
    for step in steps:
        uploader.cut(place, offset, data[offset:], step)
        found = uploader.offset_from(place, offset + step, patience_s=0.5)
        assert offset <= found <= offset + step
        lost += found < offset + step  # the end was heard before the bytes were read
        offset = found
    assert lost < len(steps) / 2
    assert uploader.patch(place, offset, data[offset:]).status_code == 204
    assert stored(company.folder / "data", data)


def test_a_dead_connection_stops_nobody(company: Company, uploader: Uploader) -> None:
    """Nobody has told the server that it is dead; what comes over it late does no harm."""
    data = picture(2, 900_000)
    place = uploader.begin(data)
    with uploader.open(place, 0, len(data)) as dead:
        dead.sendall(data[:500_000])
        offset = uploader.offset_from(place, 1)
        middle = offset + (len(data) - offset) // 2
        assert uploader.patch(place, offset, data[offset:middle]).status_code == 204
        dead.sendall(bytes(len(data) - 500_000))
        assert b" 409 " in dead.recv(100)
    assert uploader.patch(place, middle, data[middle:]).status_code == 204
    assert stored(company.folder / "data", data)


def test_two_at_once_on_one_upload_make_one_file(company: Company, uploader: Uploader) -> None:
    """C32."""
    for round_ in range(3):
        data = picture(10 + round_, 700_000)
        place = uploader.begin(data)
        codes: list[int] = []

        def send(place: str = place, data: bytes = data, codes: list[int] = codes) -> None:
            codes.append(uploader.patch(place, 0, data).status_code)

        threads = [threading.Thread(target=send) for _ in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert set(codes) <= {204, 409}
        assert 204 in codes or uploader.offset(place) < len(data)
        offset = uploader.offset(place)
        if offset < len(data):
            assert uploader.patch(place, offset, data[offset:]).status_code == 204
        assert stored(company.folder / "data", data)


def test_a_slow_phone_keeps_nobody_waiting(company: Company, uploader: Uploader) -> None:
    """C65."""
    data, other = picture(20, 4_000), picture(21)
    place = uploader.begin(data)
    with uploader.open(place, 0, len(data)) as slow:
        for at in range(0, len(data), 400):
            slow.sendall(data[at : at + 400])
            if at == 800:
                assert uploader.patch(uploader.begin(other), 0, other).status_code == 204
            time.sleep(0.01)
        assert b" 204 " in slow.recv(100)
    assert stored(company.folder / "data", data)


def test_a_refusal_is_heard_by_who_sends_much(company: Company, uploader: Uploader) -> None:
    """The answer comes before the body has been read; it must not be lost with it."""
    much = bytes(8_000_000)
    place = uploader.begin(b"x" * 10)
    assert uploader.patch(place, 0, much).status_code == 413
    assert uploader.patch("/evidence/none", 0, much).status_code == 404
    stranger = Uploader(company.desk, "zhou.jian")
    stranger.authorised = {"Authorization": "Bearer no such token"}
    assert stranger.patch(place, 0, much).status_code == 401


@pytest.mark.slow
def test_killed_at_any_moment_the_upload_goes_on(pristine: Path, tmp_path: Path) -> None:
    CHOICE.copied(pristine, tmp_path / "data")
    server, dice = Server(tmp_path / "data"), random.Random(7)
    server.start()
    try:
        company = opened(tmp_path, server)
        uploader = Uploader(company.desk, "zhou.jian")
        for round_ in range(5):
            data = picture(100 + round_, 3_000_000)
            place = uploader.begin(data)
            delay = dice.uniform(0.0, 0.05)
            killer = threading.Timer(delay, server.kill)
            killer.start()
            try:
                answered = uploader.patch(place, 0, data).status_code
            except OSError:
                answered = 0
            killer.join()
            server.start()
            assert stored(tmp_path / "data", data) or answered != 204
            offset = uploader.offset(place)
            assert offset == len(data) or answered != 204
            if offset < len(data):
                assert uploader.patch(place, offset, data[offset:]).status_code == 204
            assert stored(tmp_path / "data", data)
    finally:
        server.give_up()


def tuspy(uploader: Uploader) -> TusClient:
    """Another's client as it comes, but for who we are."""
    return TusClient(f"{uploader.url}/evidence", headers=uploader.authorised)


def test_tuspy_uploads_and_goes_on(company: Company, uploader: Uploader) -> None:
    whole, halves = picture(30), picture(31)
    said = {"filename": "IMG_0001.jpg", "filetype": "image/jpeg"}
    tuspy(uploader).uploader(file_stream=io.BytesIO(whole), metadata=said).upload()
    assert stored(company.folder / "data", whole)

    file = io.BytesIO(halves)
    first = tuspy(uploader).uploader(file_stream=file, chunk_size=60_000, upload_checksum=True)
    first.upload(stop_at=120_000)
    assert not stored(company.folder / "data", halves)
    again = tuspy(uploader).uploader(file_stream=file, url=first.url, chunk_size=60_000)
    assert again.offset == 120_000
    again.upload()
    assert stored(company.folder / "data", halves)


def test_tuspy_goes_on_after_a_cut(company: Company, uploader: Uploader) -> None:
    data = picture(32)
    place = uploader.begin(data)
    uploader.cut(place, 0, data, 70_000)
    uploader.offset_from(place, 70_000)
    again = tuspy(uploader).uploader(file_stream=io.BytesIO(data), url=uploader.url + place)
    assert again.offset == 70_000
    again.upload()
    assert stored(company.folder / "data", data)


def test_tuspy_is_refused_in_a_way_it_understands(uploader: Uploader) -> None:
    large = tuspy(uploader).uploader(file_stream=io.BytesIO(bytes(8_000_001)))
    with pytest.raises(TusCommunicationError) as told:
        large.upload()
    assert told.value.status_code == 413
    stranger = TusClient(f"{uploader.url}/evidence", headers={"Authorization": "Bearer none"})
    with pytest.raises(TusCommunicationError) as told:
        stranger.uploader(file_stream=io.BytesIO(b"x")).upload()
    assert told.value.status_code == 401
    with pytest.raises(TusCommunicationError) as told:
        tuspy(uploader).uploader(file_stream=io.BytesIO(b"x"), url=f"{uploader.url}/evidence/none")
    assert told.value.status_code == 404


@contextmanager
def page_of(company: Company) -> Iterator[Page]:
    """A page of the server in a real browser, with another's client loaded into it."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context(bypass_csp=True).new_page()
        page.goto(f"{company.server.url}/sign-in")
        page.add_script_tag(path=BUNDLE)
        yield page
        browser.close()


UPLOAD = """([bytes, headers, options, abortAt]) => new Promise((resolve) => {
  const file = new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))]);
  const upload = new tus.Upload(file, {
    endpoint: "/evidence",
    headers,
    ...options,
    onError: (error) => resolve({
      error: String(error),
      status: error.originalResponse ? error.originalResponse.getStatus() : 0,
    }),
    onSuccess: () => resolve({url: upload.url}),
    onChunkComplete: (size, accepted, total) => {
      if (abortAt && accepted >= abortAt && accepted < total) {
        upload.abort().then(() => resolve({url: upload.url, accepted}));
      }
    },
  });
  upload.start();
})"""


def in_browser(page: Page, uploader: Uploader, data: bytes, **options: Any) -> dict[str, Any]:
    """Upload with the browser's client; `abort_at` lets it go after so many bytes."""
    abort_at = options.pop("abort_at", 0)
    headers = options.pop("headers", uploader.authorised)
    given = [b64encode(data).decode(), headers, options, abort_at]
    told: dict[str, Any] = page.evaluate(UPLOAD, given)
    return told


@pytest.mark.slow
def test_a_browsers_client_uploads_goes_on_and_is_refused(
    company: Company, uploader: Uploader
) -> None:
    # A thread of its own: another browser of this process may have the main one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_use_a_browser, company, uploader).result()


def _use_a_browser(company: Company, uploader: Uploader) -> None:
    with page_of(company) as page:
        _upload_all(company, uploader, page)


def _upload_all(company: Company, uploader: Uploader, page: Page) -> None:
    whole, halves, again = picture(40), picture(41), picture(42)
    told = in_browser(page, uploader, whole, metadata={"filename": "a.jpg"})
    assert "error" not in told, told
    assert stored(company.folder / "data", whole)

    told = in_browser(page, uploader, again, uploadDataDuringCreation=True)
    assert "error" not in told, told
    assert stored(company.folder / "data", again)

    first = in_browser(page, uploader, halves, chunkSize=50_000, abort_at=100_000)
    assert first["accepted"] == 100_000
    assert not stored(company.folder / "data", halves)
    told = in_browser(page, uploader, halves, uploadUrl=first["url"])
    assert told == {"url": first["url"]}
    assert stored(company.folder / "data", halves)

    large = in_browser(page, uploader, bytes(8_000_001))
    assert large["status"] == 413
    stranger = in_browser(page, uploader, b"x", headers={"Authorization": "Bearer none"})
    assert stranger["status"] == 401
