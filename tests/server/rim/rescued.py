"""Rescue files for tests of the server, packed as a phone packs them, or as nobody should."""

import io
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from shared import rescue
from shared.rescue import Cover, Manifest, SavedFile, SavedOp, Sealer, name_of, public_text
from tests.server.rim.company import Company, Phone, signed
from tests.server.rim.lane import sha256

MADE_AT: Final = 1_794_900_000_000


def packed(
    company: Company, phone: Phone, ops: list[dict[str, Any]], *files: bytes, **more: Any
) -> io.BytesIO:
    """A file of this phone; `device`, `person`, `key`, `to` and `torn` may be said otherwise."""
    to = more.get("to") or company.office.keys.rescue_public
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    cover = Cover(
        id=company.new_id(),
        key=name_of(to),
        ephemeral=public_text(ephemeral.public_key()),
        ops=len(ops),
        files=len(files),
    )
    sealer = Sealer(cover, to, ephemeral)
    manifest = Manifest(
        device=more.get("device", phone.device),
        person=more.get("person", company.people["technician"]),
        app="test/1",
        made_at=MADE_AT,
    )
    content = [sealer.begin(), sealer.say(manifest)]
    for op in ops:
        place = {"incarnation": "inc-1", **op}
        content.append(sealer.say(SavedOp(**place)))
    for file in files:
        content.append(sealer.say(SavedFile(sha256=sha256(file), size=len(file))))
        content.append(sealer.bring(file))
    content += [sealer.say(rescue.Torn(what="op", name=one)) for one in more.get("torn", ())]
    key = more.get("key", phone.key)
    content.append(sealer.end(phone.device, lambda text: signed(key, text)))
    return io.BytesIO(b"".join(content))
