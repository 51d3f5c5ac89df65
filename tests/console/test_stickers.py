"""Stickers are printed from a machine's page, of one machine or of all at its place."""

import pytest

from tests.console.house import Console


def machine(console: Console) -> tuple[str, str]:
    ((asset, site),) = console.ask("SELECT id, site_id FROM asset ORDER BY id LIMIT 1")
    return asset, site


def test_a_machine_s_page_has_the_link_and_leads_to_its_stickers(console: Console) -> None:
    asset, site = machine(console)
    page = console.visitor().get(f"/machines/{asset}")
    assert f"/request?machine={asset}" in page.text
    links = page.page.links()
    assert f"/machines/{asset}/papers/sticker?paper=label&language=en" in links
    assert f"/sites/{site}/papers/stickers?language=en" in links


@pytest.mark.parametrize("paper", ["a4", "label"])
def test_stickers_come_as_pdf_in_the_language_asked_for(console: Console, paper: str) -> None:
    asset, site = machine(console)
    client = console.visitor().client
    for path in (f"/machines/{asset}/papers/sticker", f"/sites/{site}/papers/stickers"):
        answer = client.get(f"{path}?paper={paper}&language=zh")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


def test_what_is_no_paper_or_no_machine_is_said(console: Console) -> None:
    asset, site = machine(console)
    client = console.visitor().client
    path = f"/machines/{asset}/papers/sticker"
    told = [
        client.get(one).status_code
        for one in (f"{path}?paper=a0", f"{path}?language=xx", f"/machines/{site}/papers/sticker")
    ]
    assert told == [400, 400, 404]
    assert client.get(f"/sites/{asset}/papers/stickers").status_code == 404
    assert client.get(f"/sites/{site}/papers/stickers?part=2").status_code == 404
    assert client.get(f"/sites/{site}/papers/stickers?part=x").status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Machines here, 211–212 of 212"), ("zh", "此处设备，第 211–212 台（共 212 台）")],
)
def test_where_more_stand_than_are_printed_at_once_each_part_has_its_button(
    new_console: Console, language: str, words: str
) -> None:
    asset, site = machine(new_console)
    ((known,),) = new_console.ask("SELECT count(*) FROM asset WHERE site_id = ?", site)
    for number in range(212 - known):
        row = {"site_id": site, "name": f"Pump {number}", "model": "P1"}
        new_console.say("master.put", ("asset", ""), by="administrator", row=row)
    page = new_console.visitor("dispatcher", language).get(f"/machines/{asset}")
    assert words in page.text
    links = page.page.links()
    assert f"/sites/{site}/papers/stickers?language={language}" in links
    assert f"/sites/{site}/papers/stickers?language={language}&part=2" in links
