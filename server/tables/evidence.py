"""The evidence's tables: files on their way, and files that were checked."""

from typing import Final

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from server.tables.domain import whole

# A database uses the index of what waits only where a question says so in the same words.
UNNAMED: Final = "named_at IS NULL"


class Upload(SQLModel, table=True):
    """A file that a device uploads or has uploaded; times in ms.

    `sha256` is the hash its device named, or the one that was found once all of it was here
    (`done_at`). `mismatches` counts how often bytes did not agree with the hash that was named.
    `named_at` is when the job beside the notary saw that an op names it. `ended_at` marks one that
    its device gave up and that is kept for its count.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_device", "device_id", "sha256"),
        Index(
            "ix_upload_unnamed",
            "device_id",
            sqlite_where=text(UNNAMED),
            postgresql_where=text(UNNAMED),
        ),
    )

    id: str = Field(primary_key=True)
    device_id: str = Field(foreign_key="device.id")
    person_id: str = Field(foreign_key="person.id")
    size: int = whole()
    sha256: str | None = Field(index=True)
    began_at: int = whole()
    done_at: int | None = whole()
    named_at: int | None = whole()
    ended_at: int | None = whole()
    mismatches: int = 0


class EvidenceFile(SQLModel, table=True):
    """A file in the evidence store: its bytes were found to agree with its hash (`stored_at`, ms).

    `fault` is `unreadable` for one that is no picture that anybody is shown.
    """

    __tablename__ = "evidence_file"

    sha256: str = Field(primary_key=True)
    size: int = whole()
    stored_at: int = whole()
    fault: str = ""
