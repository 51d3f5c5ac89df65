"""What the server's own OpenAPI document lets a program ask, and what it does not, by everybody."""

import json
from collections.abc import Iterator
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from shared.people import ROLES
from tests.fuzz.answers import LANGUAGES, Ear, judge
from tests.server.rim.company import PASSWORD, Company

NOBODY, PHONE, FORGED = "nobody", "a phone", "a forged token"
CALLERS: Final = (NOBODY, FORGED, PHONE, *ROLES)
LISTENS: Final = "/pokes"  # an answer to it has no end
TICK_MS: Final = 5_000
MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class Contract:
    """The document of one company, and everybody who may ask."""

    def __init__(self, company: Company) -> None:
        self.company = company
        document = company.client.get("/schema/openapi.json").json()
        self._schema = schemathesis.openapi.from_dict(document)
        self._ear = Ear(company.log, [PASSWORD])
        self._phone = company.phone("ann")
        self.asked = 0

    def ask(self, caller: str, examples: int, number: int = 0) -> None:
        """So many requests of each operation and each mode, by somebody. Raises `Broken`."""
        for operation in self._operations():
            headers = self._headers(caller)
            for mode in MODES:
                self._examples(operation, mode, headers, (examples, number))

    def _operations(self) -> Iterator[Any]:
        for found in self._schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.path != LISTENS:
                yield operation

    def _examples(
        self, operation: Any, mode: GenerationMode, headers: dict[str, str], many: tuple[int, int]
    ) -> None:
        @seed(many[1])
        @settings(
            max_examples=many[0],
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Case[Any]) -> None:
            self._one(case, headers)

        one()

    def _one(self, case: Case[Any], headers: dict[str, str]) -> None:
        """One request as it was made up. Raises `Broken`."""
        self.company.now_ms += TICK_MS
        language = LANGUAGES[self.asked % len(LANGUAGES)]
        self.asked += 1
        made = case.as_transport_kwargs(base_url="http://testserver.local")
        said = {**_plain(made.get("headers") or {}), **headers, "Accept-Language": language}
        content = made.get("data")
        if "json" in made:
            content = json.dumps(made["json"]).encode()
            said["Content-Type"] = "application/json"
        answer = self.company.client.request(
            made["method"],
            made["url"],
            params=made.get("params"),
            content=content if isinstance(content, bytes | str) else None,
            headers=said,
        )
        judge(answer, language)
        self._ear.listen()

    def _headers(self, caller: str) -> dict[str, str]:
        if caller == NOBODY:
            return {}
        if caller == FORGED:
            return {"Authorization": "Bearer e30.e30.e30"}
        return self._phone.headers() if caller == PHONE else self.company.signed_in(caller)


def _plain(made: Any) -> dict[str, str]:
    """The headers that a client can send at all: its own library refuses the others."""
    return {name: value for name, value in dict(made).items() if str(value).isascii()}
