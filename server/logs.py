"""Logs: one JSON object a line, with op ids, and only fields that name nobody."""

import logging
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TextIO

import structlog

# What a line may say. Everything else (names, logins, phone numbers, codes, tokens, bodies) is
# withheld, so that a careless line cannot give a person away.
SAID: Final = frozenset(
    {
        "at",
        "bytes",
        "code",
        "count",
        "device",
        "epoch",
        "error",
        "event",
        "host",
        "kind",
        "level",
        "logger",
        "method",
        "ms",
        "op",
        "ops",
        "person",
        "port",
        "reference",
        "route",
        "size",
        "stack",
        "status",
        "trace",
        "verdicts",
    }
)
WITHHELD: Final = "[withheld]"
TEXT_CHARS_MAX: Final = 400
LIBRARIES: Final = ("uvicorn", "litestar", "alembic", "sqlalchemy")

Fields = MutableMapping[str, Any]


class Log(Protocol):
    """What the server writes to: an event in words, and fields out of `SAID`."""

    def debug(self, event: str, **fields: Any) -> Any:
        """Something that only whoever looks for a fault wants to know."""

    def info(self, event: str, **fields: Any) -> Any:
        """Something went as it should."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Somebody may want to look."""

    def error(self, event: str, **fields: Any) -> Any:
        """Somebody has to look."""


def open_log(stream: TextIO, now_ms: Callable[[], int], level: str = "info") -> Log:
    """A log that writes to a stream, one JSON object a line."""

    def at(_logger: Any, _method: str, fields: Fields) -> Fields:
        moment = datetime.fromtimestamp(now_ms() / 1000, UTC)
        fields["at"] = moment.isoformat(timespec="milliseconds")
        return fields

    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            at,
            withhold,
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return log


def withhold(_logger: Any, _method: str, fields: Fields) -> Fields:
    """Keep what may be said, shortened; say of the rest only that it was there."""
    return {
        name: _short(value) if name in SAID else WITHHELD for name, value in sorted(fields.items())
    }


def trace_of(error: BaseException) -> list[str]:
    """Where an exception came from, without its message: that may quote somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def adopt_libraries(log: Log) -> None:
    """Let the web server's and the database's own lines join ours, without their arguments."""
    relay = _Relay(log)
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers = [relay]
        library.propagate = False
        library.setLevel(logging.WARNING)
    # What strangers send that is no request concerns nobody here.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class _Relay(logging.Handler):
    """Passes a library's line on: its template, not what was filled in."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Say it in our form."""
        say = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        error = record.exc_info[1] if record.exc_info else None
        more = {"error": type(error).__name__, "trace": trace_of(error)} if error else {}
        say(str(record.msg), logger=record.name, **more)


def _short(value: Any) -> Any:
    return value[:TEXT_CHARS_MAX] if isinstance(value, str) else value
