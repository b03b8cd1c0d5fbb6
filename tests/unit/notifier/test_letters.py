"""What mails say: the same as text and as a page, for every kind."""

import html
import re

import pytest

from tests.support.letters import LINES, OVERDUE, TOLD, a_letter

letters = pytest.mark.parametrize("letter", [a_letter(kind) for kind in TOLD], ids=TOLD)


def words_of(page):
    """What the page shows, without its title."""
    body = page.partition("<body>")[2].replace("<wbr>", "")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).replace("\xa0", " ").split())


@letters
def test_text_says_what_the_page_says_in_the_same_order(letter):
    shown, place = words_of(letter.html()), 0
    for line in letter.text().splitlines():
        said = " ".join(line.removeprefix("- ").removesuffix(" :").removeprefix("--").split())
        if said and not said.startswith("https://"):
            place = shown.index(said, place)
    assert set(re.findall(r'href="([^"]+)"', letter.html())) == set(re.findall(r"https://\S+", letter.text()))
    assert letter.subject in shown


@letters
def test_subject_is_one_line_and_nothing_is_left_to_be_filled_in(letter):
    assert letter.subject == " ".join(letter.subject.split())
    assert not re.search(r"[{}]|None", letter.text())


def test_digest_says_what_is_overdue_first_and_that_nothing_else_changed():
    changed = a_letter("digest").text()
    assert changed.index(OVERDUE) < changed.index("ont changé en une semaine") < changed.index(LINES[0])
    assert "Aucun autre chiffre" in a_letter("digest", lines=[]).text()
    quiet = a_letter("digest", overdue=None).text()
    assert OVERDUE not in quiet
    assert "ont changé en une semaine" in quiet
