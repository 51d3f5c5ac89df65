"""Witness: a phone believes a head of the audit log that its server signed and that only grew."""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct, structs

from shared.audit import Span, extends
from shared.canonical import canonical
from sync.ports import Identity
from sync.prints import Care
from sync.protocol import FINDINGS_MAX, Finding, Reply, SignedHead, Voucher

VOUCHERS_MAX: Final = 64  # that are looked at

Verify = Callable[[str, bytes, str], bool]  # public key, what was signed, signature
Fault = Literal["", "log_unknown_key", "log_unsigned", "log_shrunk", "log_changed"]


def trust_nobody(public: str, data: bytes, signature: str) -> bool:
    """Where nobody can check signatures, none is right."""
    return not (public or data or signature)


_FAULTS: Final[tuple[Fault, ...]] = (
    *("log_unknown_key", "log_unsigned", "log_shrunk", "log_changed"),
)


class Seen(Struct, frozen=True, kw_only=True):
    """What a phone knows of the log: the newest head it believes, whose keys, and what is wrong."""

    head: SignedHead | None
    keys: dict[str, str]
    fault: Fault


def signed_bytes(head: SignedHead) -> bytes:
    """What is signed of a head."""
    told = {"epoch": head.epoch, "size": head.size, "root": head.root}
    return canonical({**told, "at": head.at, "key": head.key})


def vouched_bytes(voucher: Voucher) -> bytes:
    """What is signed of a voucher."""
    told = {"key": voucher.key, "public": voucher.public, "by": voucher.by}
    return canonical({"for": "fieldfare-head", **told})


def witness(identity: Identity, reply: Reply, verify: Verify) -> Seen:
    """What is known of the log after an answer; a head that is not believed changes nothing."""
    care, old, new = identity.care, identity.head, reply.head
    known = Seen(head=old, keys=care.head_keys, fault=_known(care.head_fault))
    if new is None:
        return known
    keys = _vouched(care.head_keys, new, verify)
    fault = _wrong(new, keys, verify) or _grown_wrong(old, new, reply.server_epoch)
    if fault:
        return structs.replace(known, fault=fault)
    return Seen(head=structs.replace(new, vouchers=[]), keys=keys, fault="")


def distrust(care: Care, seen: Seen, now: int) -> Care:
    """What a phone has to tell of it when a head is not to be believed any more."""
    findings = care.findings
    if seen.fault and seen.fault != care.head_fault:
        found = Finding(stream="", found=now, what=seen.fault)
        findings = (*findings, found)[-FINDINGS_MAX:]
    return structs.replace(care, head_keys=seen.keys, head_fault=seen.fault, findings=findings)


def _known(fault: str) -> Fault:
    return next((one for one in _FAULTS if one == fault), "")


def _vouched(keys: dict[str, str], head: SignedHead, verify: Verify) -> dict[str, str]:
    """The keys that are believed, with those that one of them vouches for, and so on."""
    believed = dict(keys)
    for one in head.vouchers[:VOUCHERS_MAX]:
        by = believed.get(one.by)
        if one.key not in believed and by and verify(by, vouched_bytes(one), one.signature):
            believed[one.key] = one.public
    return believed


def _wrong(head: SignedHead, keys: dict[str, str], verify: Verify) -> Fault:
    """What is wrong with a signature; nothing where the phone was told no key when it came."""
    if not keys:
        return ""
    public = keys.get(head.key)
    if public is None:
        return "log_unknown_key"
    return "" if verify(public, signed_bytes(head), head.signature) else "log_unsigned"


def _grown_wrong(old: SignedHead | None, new: SignedHead, epoch: str) -> Fault:
    """What is wrong with a head, held against the one seen before in this epoch."""
    if new.epoch != epoch:
        return "log_changed"
    if old is None or old.epoch != new.epoch:
        return ""
    if new.size < old.size:
        return "log_shrunk"
    try:
        span = Span(
            older=old.size,
            older_root=bytes.fromhex(old.root),
            newer=new.size,
            newer_root=bytes.fromhex(new.root),
        )
        grew = extends(span, [bytes.fromhex(step) for step in new.proof])
    except ValueError:
        return "log_changed"
    return "" if grew else "log_changed"
