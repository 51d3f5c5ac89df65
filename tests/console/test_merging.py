"""What is on file twice: found, seen side by side, and made one after a second look."""

from tests.console.house import Console, Visitor

PERSON = {"name": "Anna Berg", "type": "person", "phone": "139 0000 1111"}


def twice(console: Console) -> tuple[str, str, str, str]:
    """A customer on file twice: ids of both, and of a site of either."""
    ids = []
    for name, address in (("Anna Berg", "Elm Road 5"), ("Berg, Anna", "Elm  Road 5")):
        customer = console.say("customer.add", ("customer", ""), **{**PERSON, "name": name}).id
        place = {"customer": customer, "address": address, "time_zone": "Asia/Shanghai"}
        ids += [customer, console.say("site.add", ("site", ""), **place).id]
    first, here, second, there = ids
    return first, here, second, there


def merge(visitor: Visitor, noun: str, gone: str, stays: str) -> str:
    """The whole way by links and one form; returns the page it ends on."""
    sure = f"/merge/{noun}/{gone}?other={stays}&keep={stays}"
    answer = visitor.send(sure, f"/merge/{noun}/{gone}")
    assert answer.status == 200, answer.text
    return answer.text


def test_likely_twins_are_offered_with_why_and_others_are_found_by_words(
    new_console: Console,
) -> None:
    first, _, second, _ = twice(new_console)
    visitor = new_console.visitor()
    assert f"/merge/customer/{first}" in visitor.get(f"/customers/{first}").page.links()
    page = visitor.get(f"/merge/customer/{first}").page
    assert f"/merge/customer/{first}?other={second}" in page.links()
    assert "same number" in page.text
    assert PERSON["phone"] not in page.text
    nobody = visitor.get(f"/merge/customer/{first}?q=nobody").text
    assert "Nothing on file mentions “nobody”." in nobody
    known = visitor.get(f"/merge/customer/{first}?q=Berg").page
    assert f"/merge/customer/{first}?other={second}" in known.links()


def test_both_stand_side_by_side_and_either_may_stay(new_console: Console) -> None:
    first, _, second, _ = twice(new_console)
    page = new_console.visitor().get(f"/merge/customer/{first}?other={second}").page
    wanted = {f"/merge/customer/{first}?other={second}&keep={one}" for one in (first, second)}
    assert wanted <= set(page.links())
    assert page.text.count("differs") == 2
    sure = new_console.visitor().get(f"/merge/customer/{first}?other={second}&keep={first}")
    assert "“Berg, Anna” becomes part of “Anna Berg”." in sure.page.text
    assert "This cannot be undone." in sure.page.text


def test_after_merging_the_old_address_leads_on_with_a_word(new_console: Console) -> None:
    first, here, second, there = twice(new_console)
    visitor = new_console.visitor()
    assert "The two customers are one." in merge(visitor, "customer", second, first)
    assert new_console.ask("SELECT customer_id FROM site WHERE id = ?", there) == [(first,)]
    old = visitor.get(f"/customers/{second}")
    assert "“Berg, Anna” was merged into this entry on" in old.text
    assert "Anna Berg" in old.page.text
    assert "The two sites are one." in merge(visitor, "site", there, here)
    assert "was merged into this entry" in visitor.get(f"/sites/{there}/edit").text
    assert f"/merge/site/{here}" not in visitor.get(f"/customers/{first}").page.links()
    again = visitor.get(f"/merge/customer/{second}").text
    assert "was merged into this entry" in again
    assert "Merged into this (1)" in visitor.get(f"/customers/{first}").text


def test_who_calls_from_the_old_number_is_found(new_console: Console) -> None:
    first, _, second, _ = twice(new_console)
    new_console.say("customer.merge", ("customer", second), into=first)
    other = {**PERSON, "name": "Wu", "phone": "137 2222 3333"}
    third = new_console.say("customer.add", ("customer", ""), **other).id
    new_console.say("customer.merge", ("customer", third), into=first)
    visitor = new_console.visitor()
    for asked in ("137 2222 3333", "Wu", "Berg, A"):
        page = visitor.get(f"/customers?q={asked}").page
        assert f"/customers/{first}" in page.links(), asked


def test_machines_of_one_site_are_merged_and_the_old_page_leads_on(new_console: Console) -> None:
    _, here, _, _ = twice(new_console)
    machine = {"site": here, "model": "KF-35", "serial": "S-1"}
    stays = new_console.say("asset.add", ("asset", ""), **machine).id
    gone = new_console.say("asset.add", ("asset", ""), **{**machine, "model": "KF35"}).id
    visitor = new_console.visitor()
    page = visitor.get(f"/merge/asset/{gone}").page
    assert "same serial number" in page.text
    assert "KF35 · KF35" not in page.text  # neither has a name but its model
    assert "The two machines are one." in merge(visitor, "asset", gone, stays)
    assert "was merged into this entry" in visitor.get(f"/machines/{gone}").text
    assert "KF35" in visitor.get(f"/machines/{stays}").page.text


def test_what_a_colleague_did_meanwhile_is_not_merged_over(new_console: Console) -> None:
    first, _, second, _ = twice(new_console)
    visitor = new_console.visitor()
    stale = {
        **visitor.get(f"/merge/customer/{second}?other={first}&keep={first}").page.form(
            f"/merge/customer/{second}"
        ),
    }
    new_console.say("customer.merge", ("customer", second), into=first)
    answer = visitor.post(f"/merge/customer/{second}", stale)
    assert "was merged into this entry" in answer.text


def test_two_that_do_not_stand_together_are_refused_in_words(new_console: Console) -> None:
    _, here, _, there = twice(new_console)
    visitor = new_console.visitor()
    sure = f"/merge/site/{there}?other={here}&keep={here}"
    answer = visitor.send(sure, f"/merge/site/{there}")
    assert answer.status == 422
    assert "These two do not stand together." in answer.text


def test_who_may_not_merge_sees_no_way_to(console: Console) -> None:
    ((customer,),) = console.ask("SELECT id FROM customer ORDER BY id LIMIT 1")
    visitor = console.visitor("customer_service")
    assert f"/merge/customer/{customer}" not in visitor.get(f"/customers/{customer}").page.links()
    assert visitor.get(f"/merge/customer/{customer}").status == 403
    missing = console.visitor().get(f"/merge/customer/{'0' * 36}").status
    assert missing == 404
    odd = console.visitor().get(f"/merge/person/{customer}").status
    assert odd == 404
