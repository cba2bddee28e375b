"""A person without a mouse: everything is reached by Tab, and pressed, typed and chosen by keys."""

from playwright.sync_api import Locator, Page, expect

FAR = 250  # presses of Tab: more than any page has controls before the one that is wanted


class Keyboard:
    """The keys of one page's reader."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def is_at(self, target: Locator) -> bool:
        """Whether the target has the focus."""
        return target.and_(self.page.locator(":focus")).count() > 0

    def to(self, target: Locator) -> None:
        """Press Tab until the target has the focus, which proves that it can be reached."""
        for _ in range(FAR):
            if self.is_at(target):
                return
            self.page.keyboard.press("Tab")
        here = self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"{target} cannot be reached by Tab; last was {here}")

    def type(self, target: Locator, text: str) -> None:
        """Type into a field in place of what is there."""
        self.to(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, label: str) -> None:
        """Choose from a list by the first letters of what is wanted."""
        self.to(target)
        self.page.keyboard.type(label)
        expect(target.locator("option:checked")).to_have_text(label)

    def press(self, target: Locator) -> None:
        """Press a button or follow a link, and wait for the page that it brings."""
        self.to(target)
        self.enter()

    def enter(self) -> None:
        """Press Enter where the focus is, and wait for the page that it brings."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
