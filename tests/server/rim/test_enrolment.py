"""Enrolment and access tokens: codes that fit, codes that do not, and signatures."""

from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import structs
from sqlalchemy import Engine

from server import enrolment, sessions
from server.database import writing
from server.settings import Limits
from shared.ids import derive
from sync.enrolment import invitation_text
from tests.server.rim.company import Company, Phone, base64url, newcomer
from tests.server.samples import RECEIVED, begin, person, put

randbytes = Random(7).randbytes
KEY = ec.generate_private_key(ec.SECP256R1())


def enrol(
    company: Company, code: str, key: ec.EllipticCurvePrivateKey = KEY
) -> tuple[int, str | None]:
    answer = company.client.post("/enrol", json=newcomer(code, key))
    return answer.status_code, answer.json().get("code")


def test_a_code_lets_one_phone_in_once(company: Company) -> None:
    """S5."""
    code = company.code()
    answer = company.client.post("/enrol", json=newcomer(code.lower().replace("-", " "), KEY))
    told = answer.json()
    assert answer.status_code == 200
    assert told["person"] == {
        "id": company.people["technician"],
        "login": "technician",
        "name": "The technician",
        "code": "",
    }
    assert (told["now"], told["stamp"]["epoch"]) == (company.now_ms, told["server_epoch"])
    assert enrol(company, code, ec.generate_private_key(ec.SECP256R1())) == (403, "code_used")


def test_a_phone_whose_answer_was_lost_gets_it_again(company: Company) -> None:
    code = company.code()
    first = company.client.post("/enrol", json=newcomer(code, KEY)).json()
    company.now_ms += 60_000
    answers = [
        company.client.post("/enrol", json=newcomer(code, KEY)).json()
        for _ in range(company.limits().enrolment_tries + 1)
    ]
    assert {(one["device"], one["now"]) for one in answers} == {(first["device"], company.now_ms)}
    assert [one["person"] for one in answers] == [first["person"]] * len(answers)
    devices = company.client.get("/api/devices", headers=company.signed_in("dispatcher")).json()
    assert [one["id"] for one in devices["items"]] == [first["device"]]
    company.now_ms += 14 * 60_000
    assert enrol(company, code) == (403, "code_used")


def test_a_device_that_was_revoked_is_not_let_in_by_its_code(company: Company) -> None:
    code = company.code()
    device = company.client.post("/enrol", json=newcomer(code, KEY)).json()["device"]
    with company.office.writing() as books:
        enrolment.revoke(books, device, company.now_ms)
    assert enrol(company, code) == (403, "code_used")


def test_a_code_is_good_again_for_the_key_it_let_in_alone(engine: Engine) -> None:
    begin(engine)
    put(engine, person("ann"), person("bob"))
    times = (RECEIVED, RECEIVED + 1_000)

    def redeemed(code: str, key: str, now_ms: int = RECEIVED + 9) -> Any:
        with writing(engine) as books:
            shown = enrolment.Shown(code=code, public_key=key)
            let = enrolment.redeem(books, shown, now_ms, 5)
            return let if isinstance(let, enrolment.Let) else let.code

    with writing(engine) as books:
        codes = [
            enrolment.issue(books, (derive(who), "desk"), randbytes, times)
            for who in ("ann", "bob")
        ]
        for code, who in zip(codes, ("ann", "bob"), strict=True):
            shown = enrolment.Shown(code=code, public_key="key")
            let = enrolment.Let(person_id=derive(who), issued_by="desk")
            assert enrolment.redeem(books, shown, RECEIVED + 1, 5) == let
    anns = enrolment.Let(person_id=derive("ann"), issued_by="desk")
    first = enrolment.Newcomer(device="d", name="", app="", public_key="key")
    with writing(engine) as books:
        enrolment.admit(books, anns, first, RECEIVED + 1)
    assert redeemed(codes[0], "key") == structs.replace(anns, device="d")
    assert redeemed(codes[0], "other") == "code_used"
    assert redeemed(codes[1], "key") == "code_used"
    assert redeemed(codes[0], "key", RECEIVED + 1_000) == "code_used"


def test_an_unknown_an_expired_and_a_worn_out_code_are_told_apart(company: Company) -> None:
    """S5."""
    assert enrol(company, "ABCD-EFGH-JKMN") == (403, "code_unknown")
    expired = company.code()
    company.now_ms += 15 * 60_000
    assert enrol(company, expired) == (403, "code_expired")
    code = company.code()
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    tries = [enrol(company, wrong) for _ in range(company.limits().enrolment_tries)]
    assert tries == [(403, "code_unknown")] * 5
    assert enrol(company, code) == (403, "code_used")


def test_guessing_codes_is_throttled_by_address(company: Company) -> None:
    """S5."""
    most = company.limits().enrolments_per_address
    told = [enrol(company, f"AAAA-AAAA-{number:04}") for number in range(2000, 2000 + most)]
    assert {code for _, code in told} == {"code_unknown"}
    answer = company.client.post("/enrol", json=newcomer(company.code(), KEY))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")


def test_only_a_p256_key_is_taken_and_the_code_stays_good(company: Company) -> None:
    code = company.code()
    others = (
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        rsa.generate_private_key(65537, 2048).public_key(),
    )
    ders = [key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in others]
    for text in (*map(base64url, ders), "AAAA", "not base64 at all ☂"):
        message = {**newcomer(code, KEY), "public_key": text}
        answer = company.client.post("/enrol", json=message)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "public_key")
    assert enrol(company, code)[0] == 200


def test_a_code_of_somebody_who_left_lets_nobody_in(company: Company) -> None:
    code = company.code()
    company.disable("technician")
    assert enrol(company, code) == (403, "code_used")


def test_the_console_gives_a_code_with_the_text_for_the_qr_code(company: Company) -> None:
    headers = company.signed_in("dispatcher")
    answer = company.client.post("/api/enrolments", json={"login": "technician"}, headers=headers)
    told = answer.json()
    assert answer.status_code == 201
    assert told["text"] == invitation_text(
        *(company.settings.public_url, told["code"], company.office.keys.thumbprint),
        person=company.people["technician"],
    )
    assert told["expires_at"] == company.now_ms + 15 * 60_000
    assert enrol(company, told["code"])[0] == 200
    for login in ("dispatcher", "nobody"):
        refused = company.client.post("/api/enrolments", json={"login": login}, headers=headers)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "unknown_person")


def test_a_signed_nonce_is_worth_one_token(company: Company) -> None:
    """S11."""
    phone = company.phone()
    nonce = phone.nonce()
    answer = phone.ask(nonce)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 600)
    again = phone.ask(nonce)
    assert (again.status_code, again.json()["code"]) == (401, "wrong_signature")


def test_strangers_do_not_push_out_a_devices_own_nonces(tmp_path: Path) -> None:
    company = Company(tmp_path / "data", proxy="testclient")
    with company.client as client:
        phone = company.phone()
        mine = phone.nonce()
        stranger = {"X-Forwarded-For": "203.0.113.9"}
        for _ in range(enrolment.NONCES_MAX + 1):
            assert client.post("/token", json={"device": phone.device}, headers=stranger).is_success
        assert phone.ask(mine).status_code == 200
        oldest = phone.nonce()
        for _ in range(enrolment.NONCES_MAX):
            phone.nonce()
        assert phone.ask(oldest).status_code == 401


def test_asking_for_tokens_without_end_is_told_to_wait(tmp_path: Path) -> None:
    company = Company(tmp_path / "data", limits=Limits(tokens_per_address=3))
    with company.client:
        phone = company.phone()
        nonces = [phone.nonce() for _ in range(3)]
        refused = phone.ask(nonces[0])
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
        assert refused.headers["Retry-After"] == str(company.limits().window_minutes * 60)
        company.now_ms += company.limits().window_minutes * 60_000
        assert phone.ask(phone.nonce()).status_code == 200


def test_a_wrong_late_or_foreign_signature_is_worth_nothing(company: Company) -> None:
    """S11."""
    phone, other = company.phone(), company.phone("partner")
    assert phone.ask(phone.nonce(), "AAAA").status_code == 401
    assert phone.ask(other.nonce()).status_code == 401
    nonce = phone.nonce()
    assert phone.ask(nonce, other.signature(nonce)).status_code == 401
    late = phone.nonce()
    company.now_ms += enrolment.NONCE_MS
    assert phone.ask(late).status_code == 401
    unknown = company.client.post("/token", json={"device": "nobody"})
    assert (unknown.status_code, list(unknown.json())) == (200, ["nonce"])


def test_a_revoked_phone_is_let_in_no_longer_once_its_time_to_hand_in_is_over(
    company: Company,
) -> None:
    phone = company.phone()
    office = company.signed_in("dispatcher")
    path = f"/api/devices/{phone.device}/revoke"
    assert company.client.post(path, headers=office).status_code == 204
    missing = company.client.post("/api/devices/nobody/revoke", headers=office)
    assert missing.status_code == 404
    assert phone.ask(phone.nonce()).status_code == 200
    headers = phone.headers()
    assert company.client.post("/sync", json=phone.request(), headers=headers).status_code == 200
    company.now_ms += company.limits().drain_days * 24 * 3_600_000
    assert company.client.post("/sync", json=phone.request(), headers=headers).status_code == 401
    headers = {"Authorization": f"Bearer {token_of(company, phone)}"}
    sync = company.client.post("/sync", json=phone.request(), headers=headers)
    assert (sync.status_code, sync.json()["code"]) == (401, "device_revoked")
    assert phone.ask(phone.nonce()).json()["code"] == "device_revoked"


def token_of(company: Company, phone: Phone) -> str:
    """An access token that is good now, however it was come by."""
    ends = company.office.ends(1)
    with company.office.reading() as books:
        shown = sessions.Pass(
            device=phone.device, since=enrolment.confirmed_at(books, phone.device)
        )
    return sessions.device_token(company.office.keys.session, shown, ends)


def test_an_access_token_ends(company: Company) -> None:
    """S11."""
    phone = company.phone()
    headers = phone.headers()
    assert company.client.post("/sync", json=phone.request(), headers=headers).status_code == 200
    company.now_ms += 600_000
    assert company.client.post("/sync", json=phone.request(), headers=headers).status_code == 401


def test_a_code_is_worth_nothing_once_whoever_issued_it_has_left(company: Company) -> None:
    code = company.code()
    company.disable("dispatcher")
    assert enrol(company, code) == (403, "code_used")
