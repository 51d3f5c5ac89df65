"""Packed pages: what is packed and for whom, and what their length must not tell."""

import gzip

from tests.console.house import Console

PACKS = {"accept-encoding": "gzip"}


def test_a_page_travels_packed_to_a_browser_that_opens_it(console: Console) -> None:
    client = console.visitor("dispatcher").client
    packed = client.get("/board", headers=PACKS)
    plain = client.get("/board", headers={"accept-encoding": "identity"})
    assert (packed.status_code, packed.headers["content-encoding"]) == (200, "gzip")
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    assert "</html>" in packed.text
    assert "accept-encoding" in packed.headers["vary"].lower()


def test_a_page_that_another_site_asked_for_is_not_packed(console: Console) -> None:
    client = console.visitor("dispatcher").client
    told = {
        site: client.get("/tickets?q=tel", headers={**PACKS, "sec-fetch-site": site}).headers
        for site in ("none", "same-origin", "same-site", "cross-site")
    }
    assert {site: headers.get("content-encoding") for site, headers in told.items()} == {
        "none": "gzip",
        "same-origin": "gzip",
        "same-site": None,
        "cross-site": None,
    }


def test_the_token_looks_different_on_every_page_and_every_one_of_them_holds(
    console: Console,
) -> None:
    visitor = console.visitor("dispatcher")
    proofs = [visitor.proof() for _ in range(3)]
    tokens = [one["csrf"] for one in proofs]
    assert len({token[:64] for token in tokens} | {token[64:] for token in tokens}) == 6
    assert [visitor.post("/audit/verify", proof).status for proof in proofs] == [200] * 3


def test_a_token_of_any_other_form_is_refused(console: Console) -> None:
    visitor = console.visitor("dispatcher")
    proof = visitor.proof()
    token = proof["csrf"]
    other = f"{int(token[0], 16) ^ 1:x}"
    wrong = (token[:64], token[64:], other + token[1:], token.upper(), token + "00", "é" * 128)
    statuses = [visitor.post("/audit/verify", {**proof, "csrf": one}).status for one in wrong]
    assert statuses == [403] * len(wrong)


def test_the_files_of_a_page_are_packed_once_and_for_all(console: Console) -> None:
    visitor = console.visitor(None)
    sheets = [link["href"] for link in visitor.get("/sign-in").page.all("link")]
    (sheet,) = [one for one in sheets if one.endswith("/console.css")]
    packed = visitor.client.get(sheet, headers=PACKS)
    plain = visitor.client.get(sheet, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0))
