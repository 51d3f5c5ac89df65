"""The gate of the console: cookies, proof of whose page it was, and where a way back may lead."""

from tests.console.house import Console


def test_a_stranger_is_shown_the_sign_in_page_and_comes_back(console: Console) -> None:
    stranger = console.visitor(None)
    answer = stranger.get("/account")
    assert answer.path == "/sign-in?back=/account"
    assert answer.page.form("/sign-in")["back"] == "/account"
