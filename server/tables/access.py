"""Access: who may come in, with which device, and how often somebody has tried."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class Credential(SQLModel, table=True):
    """A person's password, as an argon2 hash. `must_change` marks a one-time password."""

    __tablename__ = "credential"

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    hash: str
    must_change: bool = False
    changed_at: int = Field(sa_type=BigInteger)


class Session(SQLModel, table=True):
    """A signed-in person of the office. Only the hash of the bearer token is kept; times in ms."""

    __tablename__ = "session"

    hash: str = Field(primary_key=True)
    person_id: str = Field(index=True, foreign_key="person.id")
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)


class Device(SQLModel, table=True):
    """An enrolled installation: whose it is, its public key, and how it is doing.

    `confirmed_at` is when the issuer of its code saw it; `clock_ms` how far its clock is ahead.
    `unsent` is how many ops it still held at the last contact, `unsent_since` when the oldest of
    them was recorded, `free_bytes` what room it had; null where its app is too old to say so.
    """

    __tablename__ = "device"

    id: str = Field(primary_key=True)
    person_id: str = Field(index=True, foreign_key="person.id")
    name: str
    public_key: str
    app: str
    created_at: int = Field(sa_type=BigInteger)
    confirmed_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    contact_at: int | None = Field(default=None, sa_type=BigInteger)
    clock_ms: int = Field(default=0, sa_type=BigInteger)
    unsent: int | None = Field(default=None, sa_type=BigInteger)
    unsent_since: int | None = Field(default=None, sa_type=BigInteger)
    free_bytes: int | None = Field(default=None, sa_type=BigInteger)


class Delivery(SQLModel, table=True):
    """When an assignment was first known to be on a phone of its person, and on which (ms)."""

    __tablename__ = "delivery"

    assignment_id: str = Field(primary_key=True, foreign_key="assignment.id")
    device_id: str = Field(foreign_key="device.id")
    at: int = Field(sa_type=BigInteger)


class EnrolmentCode(SQLModel, table=True):
    """A code that lets one device in, once; times in ms.

    Its first letters find it, so that a wrong try counts against it. Of the rest only a hash is
    kept.
    """

    __tablename__ = "enrolment_code"

    selector: str = Field(primary_key=True)
    hash: str
    person_id: str = Field(foreign_key="person.id")
    issued_by: str  # a person, or the command
    issued_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    tries: int = 0
    used_at: int | None = Field(default=None, sa_type=BigInteger)


class TokenNonce(SQLModel, table=True):
    """What a device has to sign to be given an access token; good once.

    `source` is a hash of the address that asked for it.
    """

    __tablename__ = "token_nonce"

    nonce: str = Field(primary_key=True)
    device_id: str = Field(index=True, foreign_key="device.id")
    source: str
    expires_at: int = Field(sa_type=BigInteger, index=True)


class Throttle(SQLModel, table=True):
    """How often something was tried since the window began (ms)."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True)
    since: int = Field(sa_type=BigInteger)
    tries: int
