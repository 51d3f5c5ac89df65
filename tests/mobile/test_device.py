"""What the device says of itself, and the files that only its owner may read."""

import stat
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mobile import device
from mobile.device import Clock, Installation
from mobile.keys import KeyLost, adopt_key, next_key, open_key
from tests.mobile.wires import decoded

HERE = Installation(
    server="https://office.example", device="d", person="p", login="ann", name="Ann", key="k"
)


def test_the_boot_clock_runs_and_names_its_boot(tmp_path: Path) -> None:
    boot_id = tmp_path / "boot_id"
    boot_id.write_text("1f2e\n")
    clock = Clock(boot_id)
    first, second = clock.now(), clock.now()
    assert (first.boot, first.src) == ("1f2e", "boottime")
    assert second.mono >= first.mono
    assert abs(first.wall - time.time() * 1000) < 5_000


def test_without_a_named_boot_every_process_is_its_own(tmp_path: Path) -> None:
    one, other = Clock(tmp_path / "none"), Clock(tmp_path / "none")
    assert one.now().src == "monotonic"
    assert one.now().boot == one.now().boot
    assert one.now().boot != other.now().boot


def test_an_installation_is_kept_to_itself(tmp_path: Path) -> None:
    assert device.installation(tmp_path) is None
    device.install(tmp_path, HERE)
    device.install(tmp_path, HERE)
    assert device.installation(tmp_path) == HERE
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == {"device.json": 0o600}


def test_there_is_room(tmp_path: Path) -> None:
    assert device.free_bytes(tmp_path) > 0


def test_the_key_is_made_once_kept_to_itself_and_signs(tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    key = next_key(folder)
    with pytest.raises(KeyLost):
        open_key(folder)
    adopt_key(folder)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (folder, folder / "device.key")]
    assert modes == [0o700, 0o600]
    assert open_key(folder).public() == key.public()
    public = load_der_public_key(decoded(key.public()))
    assert isinstance(public, EllipticCurvePublicKey)
    raw = decoded(key.sign("fieldfare-token|d|n"))
    assert len(raw) == 64
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public.verify(encode_dss_signature(r, s), b"fieldfare-token|d|n", ECDSA(SHA256()))
    (folder / "device.key").write_text("-----BEGIN PRIVATE KEY-----")
    with pytest.raises(KeyLost):
        open_key(folder)
