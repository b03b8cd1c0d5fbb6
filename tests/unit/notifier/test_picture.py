"""The picture of a shared link: of the right size, nothing cut off, every letter there."""

import io

import pytest
from PIL import Image, ImageChops

from spplus_chassis import french
from spplus_notifier import picture
from spplus_notifier.picture import GENERAL, SIZE, Scale, Words, draw

LONG = Words(
    "Direction départementale de l'emploi, du travail, des solidarités et de la protection des populations du Nord",
    "Plus de 9 demandes sur 10 ont reçu leur réponse dans le délai annoncé par le service, et même un peu avant.",
    f"97,3{french.NARROW}% (de 96,8{french.NARROW}% à 97,7{french.NARROW}%), calcul sur 12{french.NARROW}540 demandes",
    "De décembre 2025 à novembre 2026",
    Scale(0.968, 0.973, 0.977),
)


def opened(words):
    return Image.open(io.BytesIO(draw(words))).convert("RGB")


@pytest.mark.parametrize("words", [GENERAL, LONG, Words("Mairie", "Non collecté.", "Rien")])
def test_picture_has_the_size_that_readers_of_links_cut_least_and_an_empty_edge(words):
    image = opened(words)
    assert image.size == SIZE == (1200, 630)
    paper = image.getpixel((5, 625))
    left, top, right, bottom = 0, 85, *SIZE
    for edge in ((left, top, 60, bottom), (right - 60, top, right, bottom), (left, bottom - 8, right, bottom)):
        assert image.crop(edge).getcolors() == [((edge[2] - edge[0]) * (edge[3] - edge[1]), paper)]


@pytest.mark.parametrize("bold", [False, True])
def test_font_has_the_letters_of_french_names(bold):
    font = picture._font(40, bold=bold)
    missing = font.getmask("\U0010ffff")
    letters = f"ABCXYZabcxyz0123456789àâäæçéèêëîïôöœùûüÿÀÂÇÉÈÊËÎÏÔŒÙÛÜ«»’“”–—…·€°%+{french.MINUS}²ñÑāʻ"
    for letter in letters:
        mask = font.getmask(letter)
        assert mask.size != missing.size or bytes(mask) != bytes(missing), letter
    for space in (french.NARROW, "\u00a0"):
        assert font.getmask(space).getbbox() is None


def test_scale_is_drawn_where_the_share_lies():
    words = [Words("a", "b", "c", scale=Scale(share - 0.02, share, share + 0.02)) for share in (0.25, 0.75)]
    left, _, right, _ = ImageChops.difference(*map(opened, words)).getbbox()
    assert left == pytest.approx(70 + 0.23 * 1060, abs=5)
    assert right == pytest.approx(70 + 0.77 * 1060, abs=5)


def test_name_follows_the_words():
    other = Words(LONG.title, LONG.sentence, LONG.basis, LONG.period, Scale(0.968, 0.973, 0.978))
    assert LONG.name == Words(LONG.title, LONG.sentence, LONG.basis, LONG.period, LONG.scale).name != other.name
    assert draw(LONG) == draw(LONG)
