"""Access: who may come in, with which device, and how often somebody has tried."""

from sqlalchemy import BigInteger, Index, text
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

    `issued_by` gave out its code and `address` is where it came from; until `confirmed_at` nothing
    is taken from it and it reads nothing. `clock_ms` is how far its clock is ahead.
    `unsent` is how many ops it still held at the last contact, `unsent_since` when the oldest of
    them was recorded, `unsent_files` how many files and `unsent_bytes` how much of them,
    `free_bytes` what room it had; null where its app is too old to say so. `drain_closed_at` is
    when somebody said that nothing more is taken from one that was revoked. `agreed_at` is when it
    last had all that there is, with every checksum agreeing; `examined_at` when it last read all
    its rows through.
    """

    __tablename__ = "device"

    id: str = Field(primary_key=True)
    person_id: str = Field(index=True, foreign_key="person.id")
    name: str
    public_key: str
    app: str
    created_at: int = Field(sa_type=BigInteger)
    issued_by: str | None = None
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    confirmed_at: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    contact_at: int | None = Field(default=None, sa_type=BigInteger)
    clock_ms: int = Field(default=0, sa_type=BigInteger)
    unsent: int | None = Field(default=None, sa_type=BigInteger)
    unsent_since: int | None = Field(default=None, sa_type=BigInteger)
    free_bytes: int | None = Field(default=None, sa_type=BigInteger)
    unsent_files: int | None = Field(default=None, sa_type=BigInteger)
    unsent_bytes: int | None = Field(default=None, sa_type=BigInteger)
    drain_closed_at: int | None = Field(default=None, sa_type=BigInteger)
    agreed_at: int | None = Field(default=None, sa_type=BigInteger)
    examined_at: int | None = Field(default=None, sa_type=BigInteger)


class Divergence(SQLModel, table=True):
    """What a phone found wrong with its copy of a stream ("": of all): when, and how it ended.

    `agreed_at` is when the phone had last agreed with the server before that, `rows` how many were
    put right; `what` is null until it has ended. Times in ms.
    """

    __tablename__ = "divergence"

    device_id: str = Field(primary_key=True, foreign_key="device.id")
    stream: str = Field(primary_key=True)
    found_at: int = Field(primary_key=True, sa_type=BigInteger)
    agreed_at: int | None = Field(default=None, sa_type=BigInteger)
    what: str | None = None
    rows: int = Field(default=0, sa_type=BigInteger)


class WipeOrder(SQLModel, table=True):
    """That a device is to be emptied: asked for by one person, confirmed by another; times in ms.

    A device has one order that was not cancelled, at most. It is in force from `due_at` on. `ops`
    and `files` are how much that is unsent somebody gave up by name, and `given_up_with` is the
    second person without whom that says nothing. `sent_at` is when the device was first told,
    `done_at` when it said that it is empty.
    """

    __tablename__ = "wipe"
    __table_args__ = (
        Index(
            "ix_wipe_standing",
            "device_id",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    device_id: str = Field(index=True, foreign_key="device.id")
    asked_by: str
    asked_at: int = Field(sa_type=BigInteger)
    confirmed_by: str | None = None
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    given_up_by: str | None = None
    given_up_with: str | None = None
    ops: int = Field(default=0, sa_type=BigInteger)
    files: int = Field(default=0, sa_type=BigInteger)
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
    done_at: int | None = Field(default=None, sa_type=BigInteger)
    cancelled_by: str | None = None
    cancelled_at: int | None = Field(default=None, sa_type=BigInteger)


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


class TicketLink(SQLModel, table=True):
    """How often the link was taken back by which the customer of a ticket follows it."""

    __tablename__ = "ticket_link"

    ticket_id: str = Field(primary_key=True)
    edition: int = Field(sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)
    changed_by: str
