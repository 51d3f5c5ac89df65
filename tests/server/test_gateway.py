"""A message goes to the named gateway, signed, and nowhere else, whatever that answers."""

import hashlib
import hmac
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import structs

from server.gateway import ANSWER_BYTES_MAX, Answer, Letter, answer_of, is_allowed, post
from server.settings import FILE, Settings, Unfit, Webhook, fit, load
from tests.server.addressee import SECRET, Addressee, listening

NOW = 1_795_000_000_123
LETTER = Letter(id="m-1", body='{"text":"配件明天到"}'.encode())


@pytest.fixture
def addressee() -> Iterator[Addressee]:
    with listening() as made:
        yield made


def hook(url: str, **more: object) -> Webhook:
    return structs.replace(Webhook(url=url, secret=SECRET, private=True, timeout_s=5), **more)


def test_a_message_comes_whole_and_signed_with_the_time(addressee: Addressee) -> None:
    addressee.answers = [(200, {}, b'{"reference":"g-7","state":"delivered","more":1}')]
    answer = post(hook(addressee.url), LETTER, NOW)
    assert answer == Answer(status=200, reference="g-7", delivered=True)
    (got,) = addressee.got
    assert (got.path, got.body) == ("/in?from=office", LETTER.body)
    stamp = got.headers["fieldfare-timestamp"]
    assert stamp == "1795000000"
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + got.body, hashlib.sha256)
    assert got.headers["fieldfare-signature"] == f"v1={expected.hexdigest()}"
    assert (got.headers["idempotency-key"], got.headers["content-type"]) == (
        "m-1",
        "application/json",
    )
    assert SECRET not in str(got.headers)


@pytest.mark.parametrize("told", [b"", b"{", b"[1]", b'{"reference":7}', b"\xff", b"x" * 99_999])
def test_an_answer_that_says_nothing_we_understand_is_one_all_the_same(
    addressee: Addressee, told: bytes
) -> None:
    addressee.answers = [(202, {}, told)]
    assert post(hook(addressee.url), LETTER, NOW) == Answer(status=202)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (301, {"Location": "http://127.0.0.1:1/"}, Answer(status=301, fault="moved", again=True)),
        (400, {}, Answer(status=400, fault="refused")),
        (401, {}, Answer(status=401, fault="refused", again=True)),
        (422, {}, Answer(status=422, fault="refused")),
        (429, {"Retry-After": "90"}, Answer(status=429, fault="refused", again=True, after_s=90)),
        (500, {}, Answer(status=500, fault="failing", again=True)),
        (503, {"Retry-After": "soon"}, Answer(status=503, fault="failing", again=True)),
    ],
)
def test_what_is_not_taken_is_told_by_whether_to_try_again(
    addressee: Addressee, status: int, headers: dict[str, str], expected: Answer
) -> None:
    addressee.answers = [(status, headers, b"")]
    assert post(hook(addressee.url), LETTER, NOW) == expected


def test_a_redirect_is_not_followed_not_even_to_the_same_host(addressee: Addressee) -> None:
    with listening() as other:
        for target in (other.url, addressee.url, "/elsewhere"):
            addressee.answers = [(307, {"Location": target}, b"")]
            assert post(hook(addressee.url), LETTER, NOW).fault == "moved"
        assert (len(addressee.got), other.got) == (3, [])


def test_nobody_waits_longer_than_the_deadline(addressee: Addressee) -> None:
    began = time.monotonic()
    addressee.holds = threading.Event()
    assert post(hook(addressee.url, timeout_s=1), LETTER, NOW).fault == "timed_out"
    addressee.holds.set()
    addressee.holds, addressee.drips = None, threading.Event()
    assert post(hook(addressee.url, timeout_s=1), LETTER, NOW).fault == "timed_out"
    assert time.monotonic() - began < 4


def test_where_nobody_listens_or_somebody_talks_nonsense_it_may_be_tried_again() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert post(hook(url), LETTER, NOW) == Answer(fault="unreachable", again=True)
        deaf.listen()
        babbler = threading.Thread(target=_babble, args=(deaf,), daemon=True)
        babbler.start()
        assert post(hook(url), LETTER, NOW) == Answer(fault="unreachable", again=True)
        babbler.join()
    unknown = hook("https://gateway.invalid/")
    assert post(unknown, LETTER, NOW) == Answer(fault="unreachable", again=True)


def _babble(deaf: socket.socket) -> None:
    line, _ = deaf.accept()
    with line:
        line.recv(65_536)
        line.sendall(b"SSH-2.0-nonsense\r\n\r\n")


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[bytes] = []
        thread = threading.Thread(target=_speak_tls, args=(server, context, heard), daemon=True)
        thread.start()
        url = f"https://localhost:{server.getsockname()[1]}/"
        assert post(hook(url), LETTER, NOW) == Answer(fault="dark", again=True)
        thread.join()
    assert heard == []


def _speak_tls(server: socket.socket, context: ssl.SSLContext, heard: list[bytes]) -> None:
    line, _ = server.accept()
    with line:
        try:
            heard.append(context.wrap_socket(line, server_side=True).recv(10))
        except OSError:
            return


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("address", "public", "ours"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("10.1.2.3", False, True),
        ("192.168.1.9", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("fd00::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("240.0.0.1", False, False),
    ],
)
def test_messages_go_to_public_addresses_or_with_leave_to_our_own(
    address: str, public: bool, ours: bool
) -> None:
    where = ipaddress.ip_address(address)
    assert (is_allowed(where, private=False), is_allowed(where, private=True)) == (public, ours)


def test_a_name_that_leads_into_our_own_network_is_not_written_to(addressee: Addressee) -> None:
    named = hook(addressee.url.replace("127.0.0.1", "localhost"), private=False)
    assert post(named, LETTER, NOW) == Answer(fault="not_allowed", again=True)
    assert addressee.got == []


def test_what_a_gateway_calls_a_message_can_be_kept_and_what_cannot_be_read_is_passed_over() -> (
    None
):
    told = answer_of(200, "", b'{"reference":"r\\u0000-\\u202e1"}')
    assert (told.reference, told.fault) == ("r-1", "")
    nested = b'{"x":' + b"[" * (ANSWER_BYTES_MAX - 5)
    assert answer_of(200, "", nested) == Answer(status=200)


def test_a_reference_is_cut_and_a_wait_is_bounded() -> None:
    long = b'{"reference":"' + b"r" * 300 + b'"}'
    assert len(answer_of(200, "", long).reference) == 200
    assert answer_of(503, "999999", b"").after_s == 3_600
    assert answer_of(100, "-5", b"") == Answer(status=100, fault="failing", again=True)
    assert ANSWER_BYTES_MAX < 99_999


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"url": "gateway"}, "webhook.url"),
        ({"url": "ftp://gateway.example/"}, "webhook.url"),
        ({"url": "https://me:pass@gateway.example/"}, "webhook.url"),
        ({"url": "https://gateway.example:99999/"}, "webhook.url"),
        ({"url": "http://gateway.example/"}, "this machine only"),
        ({"url": "https://127.0.0.1/"}, "webhook.private"),
        ({"url": "https://gateway.example/", "secret": "short"}, "at least 16"),
    ],
)
def test_a_gateway_that_cannot_be_is_told_at_the_start(
    wrong: dict[str, str], reason: str, tmp_path: Path
) -> None:
    webhook = Webhook(**{"secret": SECRET, **wrong})  # type: ignore[arg-type]
    with pytest.raises(Unfit, match=reason) as told:
        fit(Settings(data=tmp_path, webhook=webhook))
    assert "pass" not in str(told.value)


def test_the_secret_comes_by_file_or_environment_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = '[webhook]\nurl = "https://gateway.example/x"\nsecret_file = "hook.secret"\n'
    (tmp_path / FILE).write_text(told)
    with pytest.raises(Unfit, match="secret_file"):
        load({"data": tmp_path})
    (tmp_path / "hook.secret").write_text(f"{SECRET}\n")
    settings = load({"data": tmp_path})
    assert settings.webhook.secret == SECRET
    assert SECRET not in repr(settings)
    monkeypatch.setenv("FIELDFARE_WEBHOOK_SECRET", "another one, long enough")
    assert load({"data": tmp_path}).webhook.secret == "another one, long enough"
    assert Settings(data=tmp_path).webhook.url == ""
