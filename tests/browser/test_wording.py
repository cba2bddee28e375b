"""The wording of a message, changed by keyboard in a browser without script."""

from playwright.sync_api import StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.stack import Stack


def test_a_wording_is_written_looked_at_saved_and_given_up(
    visit: Visitor, stack: Stack, signed_in: StorageState
) -> None:
    place = f"{stack.url}/admin/wording/subscription.expired/email/en"
    with visit(script=False, storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/wording/")
        page.get_by_role("link", name="Subscription has ended, E-mail, English").press("Enter")
        page.get_by_label("Subject").fill("Farewell, {{ nmae }}")
        page.get_by_role("button", name="Preview").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Did you mean {{ name }}?")
        page.get_by_label("Subject").fill("Farewell, {{ name }}")
        page.get_by_role("button", name="Preview").press("Enter")
        expect(page.get_by_role("heading", name="Farewell, Ada Lovelace")).to_be_visible()
        page.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("saved")
        page.goto(place)
        expect(page.get_by_label("Subject")).to_have_value("Farewell, {{ name }}")
        page.get_by_text("Go back to it…").press("Enter")
        page.get_by_role("button", name="Delete my words").press("Enter")
        expect(page.get_by_text("Junction's own", exact=True)).to_be_visible()
