"""The dispatchers of the story: people with a browser, who see and press what the pages offer."""

import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from server.texts import read_catalogue
from shared.texts import has_text, say
from tests.e2e.processes import PASSWORD, ROOT

PATIENCE_MS: Final = 30_000
LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}
VIEW: Final[ViewportSize] = {"width": 1440, "height": 900}


class Dispatcher:
    """Somebody of the office, signed in, in a browser of their own."""

    def __init__(self, browser: Browser, url: str, login: str, language: str) -> None:
        self._words = read_catalogue(ROOT / "assets" / "texts" / language)
        self._context = browser.new_context(
            base_url=url, locale=LOCALES[language], viewport=VIEW, reduced_motion="reduce"
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.goto(f"/language/{language}?back=/")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda at: "/sign-in" not in at)

    def word(self, group: str, code: str, **params: Any) -> str:
        """What the console says for a code, in the dispatcher's language."""
        assert has_text(self._words, group, code), (group, code)
        return say(self._words, group, code, params, count=params.get("count"))

    def press(self, group: str, code: str, **params: Any) -> None:
        """Press the button or the link that says the text of a code."""
        self.named(self.word(group, code, **params)).click()

    def named(self, text: str) -> Locator:
        """The first thing to press that says this."""
        button = self.page.get_by_role("button", name=text)
        return button.or_(self.page.get_by_role("link", name=text)).first

    def see(self, text: str) -> None:
        """Wait until the page says this somewhere one can see it."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def go(self, path: str) -> None:
        """Open a page by its address."""
        self.page.goto(path)

    def shot(self, path: Path) -> None:
        """A picture of what is in the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def close(self) -> None:
        """Close the browser's window."""
        self._context.close()

    def invite(self, login: str) -> str:
        """The text of an enrolment code for somebody, as the page beside the picture shows it."""
        self.go(f"/enrol-phone?login={login}")
        self.page.locator("main form button.primary").click()
        return self.page.input_value("#code-text").strip()

    def let_in(self) -> None:
        """Confirm the phone that has come, on the page that still shows its code."""
        self.page.locator("#arrivals form button.primary").click()
        self.page.wait_for_url("**/phones/**")

    def take_request(self, digits: str, site: str, problem: str) -> str:
        """A call: the last digits find who it is, the problem is written down; the ticket."""
        self.page.keyboard.press("n")
        self.page.wait_for_url("**/tickets/new*")
        self.page.fill("#f-who", digits)
        self.page.locator(f"#site-{site}").check()
        self.page.locator("#place input[name=asset]").first.check()
        self.page.fill("#f-problem", problem)
        self.press("console.intake", "open_only")
        return self._named_in_address("tickets")

    def plan(self, summary: str, checklist: str) -> str:
        """Make a work order of the ticket, leading to who should go; the order in the address."""
        self.page.locator("a[href$='/work-order']").first.click()
        self.page.fill("#f-summary", summary)
        self.page.select_option("#f-checklist", checklist)
        self.page.locator("button[name=then][value=assign]").click()
        return self._named_in_address("work-orders")

    def assign(self, name: str) -> None:
        """Give the job to somebody of the list of candidates."""
        for more in self.page.locator("#who details:not([open]) > summary").all():
            more.click()
        self.page.locator("#who label.cand", has_text=name).locator("input").check()
        self.page.locator("#who .panel-foot .primary").click()
        self.page.wait_for_url(lambda at: "/assign" not in at)

    def _named_in_address(self, noun: str) -> str:
        """Wait for the page of a thing; the number or the id by which its address names it."""
        found = re.compile(rf"/{noun}/(?!new\b)([^/?]+)")
        self.page.wait_for_url(lambda at: found.search(at) is not None)
        named = found.search(self.page.url)
        assert named is not None
        return named[1]

    def change_contact(self, ticket: str, phone: str) -> None:
        """Correct the telephone number of a ticket's site."""
        self.go(f"/tickets/{ticket}")
        self.page.locator("a[href^='/sites/'][href*='/edit']").first.click()
        self.page.fill("#f-contact_phone", phone)
        self.page.locator("#edit-site button.primary").click()
        self.page.wait_for_url(lambda at: "/edit" not in at)

    def settle_newest(self, other: str) -> None:
        """Bring the value back that lost the newest conflict, and undo that."""
        self.go("/conflicts")
        self.page.locator(".case").first.click()
        in_force = self.page.locator("#case .val.stands")
        before = in_force.locator(".v").inner_text()
        assert other not in before, before
        self.page.locator("#case .val button", has_text=other).click()
        in_force.filter(has_text=other).wait_for()
        self.page.locator(".toast [data-undo]").first.click()
        self.page.locator("#case .val.stands", has_text=before).wait_for()

    def verify_everything(self) -> str:
        """Have the whole audit log checked; what the page says of it."""
        self.go("/audit")
        self.press("console.audit", "verify_all")
        said = self.page.locator("main [role=status] .note").first
        said.wait_for()
        return said.inner_text()
