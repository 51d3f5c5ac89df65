"""The rounds that a server goes by itself as long as it lives, each beside the requests."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from server import (
    arrivals,
    claims,
    custody,
    database,
    enrolment,
    leaving,
    logs,
    notary,
    presets,
    replays,
    seals,
    sessions,
    telling,
    throttle,
    timekeeper,
)
from server.contacts import Contact, kept_of
from server.library import distrust
from server.notary import Seal
from server.office import HOLDER_BYTES, Office
from sync.ports import Unwritable

NOTARY_EVERY_S: Final = 0.5
TELL_EVERY_S: Final = 1.0
TIDY_EVERY_MS: Final = 60_000


def begun(office: Office, stop: threading.Event) -> list[threading.Thread]:
    """Go the rounds until stopped, in threads of their own.

    What talks to somebody else's server has one to itself: nothing here waits for them.
    """
    targets = {"notary": keep_books}
    if office.settings.webhook.url:
        targets["gateway"] = keep_telling
    threads = [
        threading.Thread(target=target, args=(office, stop), name=name, daemon=True)
        for name, target in targets.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def keep_telling(office: Office, stop: threading.Event) -> None:
    """Bring messages to the gateway, until stopped."""
    holder = office.dice(HOLDER_BYTES).hex()
    with claims.alive(office.settings.data, holder):
        while not stop.wait(TELL_EVERY_S):
            attempt(office, partial(telling.offer, office, holder))


def keep_books(office: Office, stop: threading.Event) -> None:
    """Sign what was entered, at most every second, and tidy up every minute, until stopped."""
    seal = office.seal()
    with claims.alive(office.settings.data, seal.holder):
        attempt(office, partial(succeed, office))
        attempt(office, partial(presets.publish, office, seal.holder))
        keep_on(office, seal, stop)
    tidy(office)


def succeed(office: Office) -> None:
    """Let go of the leases of processes that died on this machine: nobody has to wait for them."""
    folder = office.settings.data
    gone = claims.dead(folder)
    if gone:
        with office.writing() as books:
            notary.let_go(books, gone)
        claims.bury(folder, gone)


def keep_on(office: Office, seal: Seal, stop: threading.Event) -> None:
    tidied, way = office.now_ms(), seals.Round(holder=seal.holder)
    upgrade = replays.Round(holder=seal.holder)
    time = timekeeper.Round(holder=seal.holder)
    jobs, gone = (leaving.Round(holder=seal.holder) for _ in range(2))
    while not stop.wait(NOTARY_EVERY_S):
        attempt(office, partial(notarise, office, seal))
        attempt(office, partial(arrivals.announce, office, seal.holder))
        attempt(office, partial(seals.look_again, office, way))
        attempt(office, partial(replays.judge_some, office, upgrade))
        attempt(office, partial(timekeeper.keep_time, office, time))
        attempt(office, partial(leaving.put_away, office, jobs))
        attempt(office, partial(leaving.compact, office, gone))
        if office.now_ms() - tidied >= TIDY_EVERY_MS:
            tidied = office.now_ms()
            attempt(office, partial(tidy, office))
            attempt(office, partial(arrivals.look_again, office, seal.holder))
            attempt(office, partial(custody.tidy, office))


def attempt(office: Office, step: Callable[[], Any]) -> None:
    """Take a step by itself: what is wrong with one does not stop those after it."""
    try:
        step()
    except database.Busy:
        return
    except Exception as error:
        office.log.error("notary failed", error=type(error).__name__, trace=logs.trace_of(error))


def notarise(office: Office, seal: Seal) -> None:
    """Number the leaves that wait and sign the new head, if that is due."""
    now = office.now_ms()
    with office.asking() as books:
        due = notary.is_due(books, now)
    if due:
        with office.writing() as books:
            notary.notarise(books, seal, now)


def tidy(office: Office) -> None:
    """Write down when devices were heard of, and drop what is over."""
    now = office.now_ms()
    heard = dict(office.contacts)
    with office.writing() as books:
        for device, contact in heard.items():
            _note_contact(office, books, device, contact)
        sessions.sweep(books, now)
        distrust(books, now)
        minutes = max(office.settings.limits.window_minutes, throttle.DAY_MINUTES)
        throttle.sweep(books, now - minutes * throttle.MINUTE_MS)
    for device, contact in heard.items():
        if office.contacts.get(device) is contact:
            office.contacts.pop(device, None)


def _note_contact(office: Office, books: Any, device: str, contact: Contact) -> None:
    """Write one device down, by itself: what is wrong with one is nothing to the others."""
    try:
        with database.savepoint(books):
            enrolment.note_contact(books, device, kept_of(contact))
    except Unwritable as broken:
        office.log.error("a contact cannot be kept", device=device, error=str(broken))
