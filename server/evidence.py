"""The evidence store: checked files by the hash of their bytes, in a folder or in a bucket.

Only whole and checked files get here, from where they were received (`server.parts`). What is once
in the store is never written again: a name stands for its bytes.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from server.settings import EvidenceKeys, Unfit

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

PRIVATE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
SPREAD: Final = 2  # first digits of a hash, each of which names a folder
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_LINKS: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})
COPIED_BYTES: Final = 1_000_000
PATIENCE: Final["ClientConfig"] = {"timeout": "30s", "connect_timeout": "5s"}
RETRIES: Final["RetryConfig"] = {"max_retries": 2}
REGION: Final = "us-east-1"  # what a server that knows no regions is told
SCHEMES: Final = frozenset({"http", "https"})
CHOICES: Final = frozenset({"endpoint", "region"})


class NoRoom(Exception):
    """Nothing more fits; what is there is as it was."""


class Unreachable(Exception):
    """The store cannot be used now; the same may succeed later."""


class Evidence(Protocol):
    """Where checked files are kept. Every method raises `Unreachable`, `put` also `NoRoom`."""

    def put(self, sha256: str, source: Path) -> bool:
        """Keep a file that has this hash. When it returns, the bytes survive a power cut.

        False if it was there already. The source stays where it is.
        """

    def read(self, sha256: str) -> bytes | None:
        """The bytes, or None if there is no such file, or another one under its name."""

    def has(self, sha256: str) -> bool:
        """Whether there is such a file."""

    def remove(self, sha256: str) -> None:
        """Let go of a file, if it is there."""


def genuine(sha256: str, content: bytes) -> bytes | None:
    """The bytes, if they are those of this name: whoever can write to a store can swap a file."""
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def open_evidence(url: str, keys: EvidenceKeys) -> Evidence:
    """The store at `file:///folder` or `s3://bucket/prefix?endpoint=http://…&region=…`.

    Nothing is asked of it yet. Raises `server.settings.Unfit`.
    """
    place = urlsplit(url)
    if place.scheme == "file" and place.netloc in ("", "localhost") and place.path:
        return Folder(Path(unquote(place.path)))
    if place.scheme == "s3" and place.netloc:
        return Bucket(_bucket(place.netloc, dict(parse_qsl(place.query)), keys), place.path)
    raise Unfit("evidence_url: give file:///a/folder, or s3://bucket/prefix?endpoint=https://…")


def _bucket(name: str, chosen: dict[str, str], keys: EvidenceKeys) -> S3Store:
    unknown = sorted(chosen.keys() - CHOICES)
    if unknown:
        raise Unfit(f"evidence_url: nobody knows {unknown[0]!r}; keys are settings of their own")
    if not (keys.key_id and keys.secret):
        raise Unfit("evidence_keys: give the key_id and the secret of the evidence's bucket")
    options: dict[str, Any] = {
        "region": chosen.get("region", REGION),
        "access_key_id": keys.key_id,
        "secret_access_key": keys.secret,
    }
    endpoint = chosen.get("endpoint")
    if endpoint is not None:
        # A server of one's own is asked by its own name, and on one's own machine without TLS.
        options |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    if endpoint is not None and urlsplit(endpoint).scheme not in SCHEMES:
        raise Unfit("evidence_url: the endpoint is no http:// or https:// address")
    plain = (endpoint or "").startswith("http://")
    client: ClientConfig = {**PATIENCE, "allow_http": plain}
    try:
        return S3Store(name, client_options=client, retry_config=RETRIES, **options)
    except (BaseError, ValueError) as error:
        raise Unfit("evidence_url: it is no address of a bucket") from error


class Folder:
    """Files in a folder that nobody else may read, spread by their hashes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lasting: set[Path] = set()  # folders that this process has seen to

    def put(self, sha256: str, source: Path) -> bool:
        """As `Evidence.put`."""
        target = self._path(sha256)
        with told():
            if _size(target) == source.stat().st_size:
                settle_folder(target.parent)  # whoever put it there may have fallen before that
                return False
            settle(source)
            if target.parent not in self._lasting:
                make_lasting(target.parent)
                self._lasting.add(target.parent)
            try:
                self._bring(source, target)
            except FileNotFoundError:  # somebody took the folder away; the next one makes it anew
                self._lasting.discard(target.parent)
                raise
            settle_folder(target.parent)
        return True

    def _bring(self, source: Path, target: Path) -> None:
        """The file under its name, at once or not at all. One that is too short is replaced."""
        try:
            target.hardlink_to(source)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
        else:
            return
        beside = target.with_name(f"{target.name}.{os.getpid()}.{source.name}")
        try:
            copy(source, beside)
            beside.replace(target)
        except OSError:
            with suppress(OSError):
                beside.unlink()
            raise

    def read(self, sha256: str) -> bytes | None:
        """As `Evidence.read`."""
        with told():
            try:
                return genuine(sha256, self._path(sha256).read_bytes())
            except (FileNotFoundError, NotADirectoryError):
                return None

    def has(self, sha256: str) -> bool:
        """As `Evidence.has`."""
        with told():
            return _size(self._path(sha256)) is not None

    def remove(self, sha256: str) -> None:
        """As `Evidence.remove`."""
        with told():
            self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._root.joinpath(*sha256[:SPREAD], sha256)


class Bucket:
    """Files as objects of an S3-compatible server, below a prefix, spread by their hashes."""

    def __init__(self, store: S3Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix.strip("/")

    def put(self, sha256: str, source: Path) -> bool:
        """As `Evidence.put`."""
        with told():
            size = source.stat().st_size
            if self._size(sha256) == size:
                return False
            obstore.put(self._store, self._key(sha256), source, use_multipart=False)
        return True

    def read(self, sha256: str) -> bytes | None:
        """As `Evidence.read`."""
        with told():
            try:
                return genuine(sha256, bytes(obstore.get(self._store, self._key(sha256)).bytes()))
            except (NotFoundError, FileNotFoundError):
                return None

    def has(self, sha256: str) -> bool:
        """As `Evidence.has`."""
        with told():
            return self._size(sha256) is not None

    def remove(self, sha256: str) -> None:
        """As `Evidence.remove`."""
        with told(), suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, self._key(sha256))

    def _size(self, sha256: str) -> int | None:
        try:
            return int(obstore.head(self._store, self._key(sha256))["size"])
        except (NotFoundError, FileNotFoundError):
            return None

    def _key(self, sha256: str) -> str:
        folders = (self._prefix, *sha256[:SPREAD], sha256)
        return "/".join(one for one in folders if one)


@contextmanager
def told() -> Iterator[None]:
    """What the disk or the other server says, in our words: without an address or a key."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise NoRoom(errno.errorcode[error.errno or 0]) from error
        raise Unreachable(type(error).__name__) from error
    except BaseError as error:
        raise Unreachable(type(error).__name__) from None


def copy(source: Path, target: Path) -> None:
    """Another file with the same bytes, which survive a power cut. Raises `OSError`."""
    with source.open("rb") as read, _private(target) as written:
        while piece := read.read(COPIED_BYTES):
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")


def settle(path: Path) -> None:
    """Have a file's bytes survive a power cut."""
    _settle(path, os.O_RDONLY)


def settle_folder(path: Path) -> None:
    """Have the names in a folder survive a power cut."""
    _settle(path, os.O_RDONLY | os.O_DIRECTORY)


def make_lasting(folder: Path) -> None:
    """A folder that survives a power cut, and those above it: made where they are not there.

    One with something in it does already. An empty one may have been made by a process that fell
    before it could see to that.
    """
    if _holds_something(folder):
        return
    if folder.parent != folder:
        make_lasting(folder.parent)
    folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    with suppress(PermissionError):  # of whoever made the folder for us
        settle_folder(folder.parent)


def _holds_something(folder: Path) -> bool:
    """Whether it is a folder with anything in it, as far as we may look into it."""
    try:
        with os.scandir(folder) as found:  # there may be many, and one will do
            return next(found, None) is not None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False


def _settle(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None
