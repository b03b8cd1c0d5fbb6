"""Every setting is documented, on a page that is made from the classes."""

from spplus_embedded.settings import UpSettings
from tests.support.settings_page import PAGE, SERVICES, page, variables


def test_the_page_of_settings_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_setting_says_what_it_is() -> None:
    classes = [*SERVICES.values(), UpSettings]
    silent = [name for settings in classes for name, field in variables(settings).items() if not field.description]
    assert [name for name in silent if not name.endswith("_HTTP_PORT")] == []
