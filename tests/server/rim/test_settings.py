"""Settings, keys and texts: read once, refused with a reason, kept from other eyes."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest

from server import keys, logs
from server.app import open_office
from server.settings import ASSETS, FILE, FILE_VARIABLE, Settings, Unfit, fit, load
from server.texts import load_texts
from shared.texts import say


def entropy(count: int) -> bytes:
    return bytes(range(count))


def test_flags_stand_above_the_file_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        'port = 9000\ntime_zone = "Asia/Shanghai"\ncurrency = "CNY"\n'
        "[limits]\nsession_minutes = 5\n"
    )
    settings = load({"data": tmp_path, "port": 9001, "host": None})
    assert (settings.port, settings.time_zone, settings.currency) == (9001, "Asia/Shanghai", "CNY")
    assert settings.limits.session_minutes == 5
    assert settings.books == tmp_path / "fieldfare.db"
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.evidence == f"file://{tmp_path / 'evidence'}"
    assert settings.public_url == "http://127.0.0.1:9001"


def test_a_file_can_be_named_and_its_paths_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "here.toml"
    file.write_text('data = "store"\n')
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    assert load({}).data == tmp_path / "store"
    monkeypatch.delenv(FILE_VARIABLE)
    assert load({}, file).data == tmp_path / "store"


def test_the_keys_of_a_bucket_come_by_file_or_environment_and_are_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text('[evidence_keys]\nkey_id = "us"\nsecret = "s3cr3t"\n')
    keys = load({"data": tmp_path}).evidence_keys
    assert (keys.key_id, keys.secret) == ("us", "s3cr3t")
    monkeypatch.setenv("FIELDFARE_EVIDENCE_SECRET", "an0ther")
    settings = load({"data": tmp_path})
    assert (settings.evidence_keys.key_id, settings.evidence_keys.secret) == ("us", "an0ther")
    assert "an0ther" not in repr(settings)
    (tmp_path / FILE).write_text('evidence_keys = "s3cr3t"\n')
    with pytest.raises(Unfit, match="evidence_keys") as told:
        load({"data": tmp_path})
    assert "s3cr3t" not in str(told.value)


def test_a_store_of_evidence_that_cannot_be_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="evidence_keys"):
        open_office(Settings(data=tmp_path, evidence_url="s3://photos"), stream=StringIO())
    settings = Settings(data=tmp_path, url="https://office.example.org/fieldfare/")
    assert settings.public_path == "/fieldfare"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"host": "0.0.0.0"}, "plain HTTP"),
        ({"workers": 2}, "SQLite serves one process"),
        ({"time_zone": "Mars/Base"}, "no zone"),
        ({"time_zone": "../etc"}, "no zone"),
        ({"tls_key": Path("key.pem")}, "both or neither"),
        ({"currency": "euro"}, "currency"),
        ({"colour": "red"}, "colour"),
        ({"keys_folder": 5}, "keys_folder"),
    ],
)
def test_unfit_settings_are_refused_with_what_to_change(
    tmp_path: Path, given: dict[str, object], reason: str
) -> None:
    with pytest.raises(Unfit, match=reason):
        load({"data": tmp_path, **given})


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("port = ")
    with pytest.raises(Unfit, match=FILE):
        load({"data": tmp_path})


@pytest.mark.parametrize(
    "given",
    [
        {"host": "127.0.0.1"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "insecure": True},
        {"host": "0.0.0.0", "proxy": "10.0.0.1"},
        {"host": "shop.example", "tls_certificate": Path("c"), "tls_key": Path("k")},
        {"workers": 4, "database": "postgresql+psycopg://db/fieldfare"},
    ],
)
def test_fit_settings_are_taken(tmp_path: Path, given: dict[str, object]) -> None:
    settings = Settings(data=tmp_path, **given)  # type: ignore[arg-type]
    assert fit(settings) is settings


def test_keys_are_made_once_and_only_for_our_eyes(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    made = keys.open_keys(folder, entropy)
    again = keys.open_keys(folder, lambda count: b"x" * count)
    assert (made.token, made.session, made.thumbprint) == (
        again.token,
        again.session,
        again.thumbprint,
    )
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})
    assert len(made.thumbprint) == 43


def test_a_rotated_key_still_knows_what_the_old_one_signed(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    before = keys.open_keys(folder, entropy)
    keys.rotate(folder, "token", lambda count: b"n" * count)
    keys.rotate(folder, "notary", entropy)
    after = keys.open_keys(folder, entropy)
    assert after.token.secret == b"n" * keys.SECRET_BYTES
    assert after.token.secrets[before.token.newest] == before.token.secret
    assert before.notary_key in after.notary
    assert after.notary_key != before.notary_key
    assert after.session == before.session


def test_keys_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.open_keys(folder, entropy)
    next(folder.glob("token.*")).chmod(0o644)
    with pytest.raises(keys.Exposed, match="token"):
        keys.open_keys(folder, entropy)
    folder.chmod(0o755)
    with pytest.raises(keys.Exposed, match="keys"):
        keys.open_keys(folder, entropy)


def test_the_epoch_is_marked_outside_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert keys.marked_epoch(folder) is None
    keys.mark_epoch(folder, "one")
    keys.mark_epoch(folder, "two")
    assert keys.marked_epoch(folder) == "two"


def test_a_log_line_is_one_json_object_of_known_fields() -> None:
    stream = StringIO()
    log = logs.open_log(stream, lambda: 1_795_000_000_000, "warning")
    log.info("not said")
    log.warning("said\nonce", op="o-1", phone="0151 23456789", stack="x" * 1000)
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told == {
        "at": "2026-11-18T11:06:40.000+00:00",
        "event": "said\nonce",
        "level": "warning",
        "op": "o-1",
        "phone": "[withheld]",
        "stack": "x" * logs.TEXT_CHARS_MAX,
    }


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "zh"), ("fr, *", "zh"), ("en", "en"), ("fr, zh;q=0.1, en;q=0.2", "en"), ("en;q=0", "zh")],
)
def test_the_callers_first_language_that_we_have_is_taken_else_the_organisations(
    accepted: str, language: str
) -> None:
    texts = load_texts(ASSETS, "zh")
    assert texts.language_of(accepted) == language
    title = {"en": "Not found", "zh": "没有找到"}[language]
    assert say(texts.of(accepted), "titles", "404") == title
