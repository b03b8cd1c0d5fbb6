"""A picture that goes with a shared link: one sentence, its number, its interval, as PNG. Pure.

1200 by 630 is what readers of links (Open Graph) cut least; few of them show SVG. It is looked at a third as large.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from importlib import resources
from typing import Final

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = (1200, 630)
_LAYOUT: Final = 1
"""Grows when the same words are drawn otherwise: then the picture has another name."""
_SITE: Final = "Résultats des services publics"
_PAPER, _INK, _QUIET, _ACCENT, _SOFT, _WHITE = "#fbfaf7", "#1f2430", "#4f5768", "#1d5c63", "#bfdcdb", "#ffffff"
_LEFT: Final = 70
_WIDTH: Final = SIZE[0] - 2 * _LEFT
_BAND: Final = 80
_COLOURS: Final = 48
"""Enough for six and the edges of letters; a third of the bytes."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A share between its ends, each from 0 to 1."""

    low: float
    value: float
    high: float


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture says."""

    title: str
    sentence: str
    basis: str
    """The number, its interval, on how many answers; or where to go from here."""
    period: str = ""
    scale: Scale | None = None

    @property
    def name(self) -> str:
        """A name for the picture of these words, and for no other."""
        return hashlib.sha256(repr((_LAYOUT, astuple(self))).encode()).hexdigest()[:16]

    @property
    def alt(self) -> str:
        """The same for who does not see it."""
        return " ".join(filter(None, (f"{self.title} : {self.sentence}", f"{self.basis}.", self.period)))


GENERAL: Final = Words(
    "Les résultats de vos services publics",
    "Les usagers en sont-ils contents\u00a0? Répond-on, et à temps\u00a0?",
    "Cherchez un service près de chez vous",
)
"""Of every page that is about no structure."""


def draw(words: Words) -> bytes:
    """The picture."""
    picture = Image.new("RGB", SIZE, _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, SIZE[0], _BAND), fill=_ACCENT)
    pen.text((_LEFT, _BAND / 2), _SITE, fill=_WHITE, font=_font(30, bold=True), anchor="lm")
    pen.text((_LEFT + _WIDTH, _BAND / 2), words.period, fill=_WHITE, font=_font(26, bold=False), anchor="rm")
    top = _write(pen, _BAND + 34, words.title, size=42, lines=2, fill=_QUIET)
    top = _write(pen, top + 18, words.sentence, size=56, lines=3, fill=_INK, bold=True)
    if words.scale is not None:
        top = _draw_scale(pen, top + 32, words.scale)
    _write(pen, top + 24, words.basis, size=36, lines=2, fill=_INK)
    file = io.BytesIO()
    picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()


def _draw_scale(pen: ImageDraw.ImageDraw, top: float, scale: Scale) -> float:
    def at(share: float) -> float:
        return _LEFT + share * _WIDTH

    pen.rounded_rectangle((at(0), top, at(1), top + 30), 15, fill=_WHITE, outline=_QUIET, width=2)
    pen.rectangle((at(scale.low), top, at(scale.high), top + 30), fill=_SOFT, outline=_ACCENT, width=3)
    pen.rectangle((at(scale.value) - 4, top - 8, at(scale.value) + 4, top + 38), fill=_INK)
    return top + 38


def _write(
    pen: ImageDraw.ImageDraw, top: float, text: str, *, size: int, lines: int, fill: str, bold: bool = False
) -> float:
    font = _font(size, bold=bold)
    for line in _broken(text, font, lines):
        pen.text((_LEFT, top), line, fill=fill, font=font, anchor="la")
        top += size * 1.25
    return top


def _broken(text: str, font: ImageFont.FreeTypeFont, most: int) -> Sequence[str]:
    """Lines that fit, broken at spaces only; what does not fit into so many ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= _WIDTH:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]}…"]
    return [_cut(line, font) for line in lines]


def _cut(line: str, font: ImageFont.FreeTypeFont) -> str:
    while font.getlength(line) > _WIDTH:
        line = f"{line.rstrip('…')[:-1]}…"
    return line


@cache
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, see fonts/LICENSE.txt; laid out letter by letter, the same wherever it is drawn."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    file = io.BytesIO(resources.files("spplus_notifier").joinpath("fonts", name).read_bytes())
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
