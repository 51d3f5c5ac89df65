"""The seal: one hash over what was shown, who signed it, their ink, and when."""

from shared.canonical import digest
from shared.ink import ink_hash
from shared.sign_off import TakeArgs


def sealed(args: TakeArgs, technician: str) -> dict[str, str | int]:
    """What is hashed: every field as it is sent, both inks by their hashes (empty without ink).

    `technician` is the id of whoever took the signature.
    """
    return {
        "shown_hash": args.shown_hash,
        "signer": args.signer,
        "role": args.signer_role,
        "relation": args.relation,
        "refusal": args.refusal,
        "strokes": ink_hash(args.ink),
        "technician_strokes": ink_hash(args.technician_ink),
        "technician": technician,
        "signed_at": args.signed_at,
        "app": args.app,
    }


def seal_of(args: TakeArgs, technician: str) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of what is sealed, in hexadecimal."""
    return digest(sealed(args, technician))
