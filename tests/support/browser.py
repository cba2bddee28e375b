"""One visit to the hub with a real browser, which notes every script error, refused file and policy violation."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

AXE = (Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js").read_text()
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERIOUS = ("serious", "critical")
LOOKS = [(320, "light"), (1280, "dark")]  # window width in pixels, colour scheme: widths and colours do not interact


class Visit:
    """A browser of its own, with nothing remembered; `page` is its only tab. Leaving checks what was noted."""

    def __init__(self, browser: Browser, *, script: bool = True, width: int = 1280, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(
            java_script_enabled=script, viewport={"width": width, "height": 800}, **options
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        self.page.on("requestfailed", lambda request: self._note_failed(request.url, request.failure))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()
        if kind is None:
            assert self.troubles == []

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def faults(self) -> list[str]:
        """What axe finds serious or critical: rule, and the first element that breaks it.

        The script goes in through the debugger, which the page's policy does not bind, so that the policy stays on.
        """
        try:
            found = self._run_axe()
        except Error as error:
            if "context was destroyed" not in str(error):
                raise
            self.page.wait_for_load_state()  # a page that waits for news went on by itself
            found = self._run_axe()
        return [
            f"{fault['id']}: {fault['nodes'][0]['html'][:160]} ({fault['nodes'][0]['failureSummary'][:300]})"
            for fault in found
            if fault["impact"] in SERIOUS
        ]

    def hold_in_every_look(self) -> None:
        """Hold the page that is shown to the rules: no fault by axe, not wider than the window, one main heading."""
        self.page.wait_for_load_state()  # with its style sheets: a click only waits until the next page has begun
        for width, scheme in LOOKS:
            self.page.set_viewport_size({"width": width, "height": 800})
            self.page.emulate_media(color_scheme=scheme)
            assert self.overflow() <= 0, f"{self.overflow()} pixels too wide at {width}"
            assert self.faults() == [], (width, scheme)
        assert self.page.locator("h1").count() == 1

    def _run_axe(self) -> list[dict[str, Any]]:
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return list(found["violations"])

    def _note(self, message: ConsoleMessage) -> None:
        """Note errors and violations; that the page itself was answered with 4xx is no error of the page."""
        own_status = "Failed to load resource" in message.text and message.location.get("url") == self.page.url
        if message.type == "error" and not own_status:
            self.troubles.append(f"{message.text} ({message.location.get('url')})")

    def _note_failed(self, url: str, failure: str | None) -> None:
        """Note a file that was not loaded; a request that the next page cut short is none."""
        if failure != "net::ERR_ABORTED":
            self.troubles.append(f"{failure}: {url}")
