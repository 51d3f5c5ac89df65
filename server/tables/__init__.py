"""The database's tables; importing this package makes their metadata complete."""

from sqlmodel import SQLModel

from server.tables import (
    access,
    books,
    clocks,
    domain,
    evidence,
    goods,
    messages,
    money,
    policies,
    proof,
    requests,
)

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "access",
    "books",
    "clocks",
    "domain",
    "evidence",
    "goods",
    "messages",
    "money",
    "policies",
    "proof",
    "requests",
]
