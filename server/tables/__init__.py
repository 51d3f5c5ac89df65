"""The database's tables; importing this package makes their metadata complete."""

from sqlmodel import SQLModel

from server.tables import (
    access,
    books,
    clocks,
    domain,
    evidence,
    foresight,
    goods,
    messages,
    money,
    policies,
    proof,
    requests,
    returns,
)

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "access",
    "books",
    "clocks",
    "domain",
    "evidence",
    "foresight",
    "goods",
    "messages",
    "money",
    "policies",
    "proof",
    "requests",
    "returns",
]
