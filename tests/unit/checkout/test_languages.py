"""Languages: every message translated, every placeholder kept, what is compiled is what is written."""

import io
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import app.checkout as pages
from app.checkout.languages import LANGUAGES
from app.domain.locales import known_locale

ROOT = Path(pages.__file__).parent
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def read(language: str) -> Catalog:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def messages_in_code() -> set[object]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, strip_comment_tags=False)
    return {message for _file, _line, message, _comments, _context in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    catalogue = read(language)
    assert {message.id for message in catalogue if message.id} == messages_in_code()
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert message.id == "" or all(texts), message.id
        assert message.id == "" or not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_survive_translation(language: str) -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)[sd]", text))

    for message in read(language):
        if message.id:
            sources = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            for source, text in zip(sources, texts, strict=True):  # of one, then of several
                assert placeholders(text) == placeholders(source), source


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, read(language))
    compiled = (ROOT / "translations" / language / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert compiled == fresh.getvalue(), "run `make translations`"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("de-AT", Locale("de", "AT")),
        ("it", Locale("it")),
        ("it_IT", Locale("it", "IT")),
        ("zh-Hant-TW", Locale("zh", "TW", script="Hant")),
        ("fr-ZZ9", Locale("fr")),
        ("tlh", None),
        ("", None),
        ("../../etc", None),
    ],
)
def test_a_tag_names_the_nearest_known_locale(tag: str, expected: Locale | None) -> None:
    assert known_locale(tag) == expected
