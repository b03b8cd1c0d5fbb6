"""A badge as SVG text: what it is about, and under it what the figure says. Pure."""

from html import escape
from typing import Final

HEIGHT: Final = 48
_HALF: Final = HEIGHT // 2
_LETTER: Final = 7.0
_BOLD_LETTER: Final = 8.0
"""Widths of a letter at 13 px, generous, since the reader's font is not known."""
_PAD: Final = 12


def draw(subject: str, said: str, *, note: str) -> str:
    """Two lines; the note is told with them to readers that do not see it."""
    width = round(max(len(subject) * _LETTER, len(said) * _BOLD_LETTER)) + 2 * _PAD
    title = escape(f"{subject} : {said} ({note})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'role="img" aria-label="{title}"><title>{title}</title>'
        f'<rect width="{width}" height="{HEIGHT}" rx="6" fill="#1d5c63"/>'
        f'<path d="M0 {_HALF}V6a6 6 0 0 1 6-6h{width - 12}a6 6 0 0 1 6 6v{_HALF - 6}z" fill="#1f2430"/>'
        # an edge, for sites as dark as the badge
        f'<rect x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="5.5" fill="none" stroke="#8a93a5"/>'
        f'<g fill="#fff" font-family="system-ui, sans-serif" font-size="13">'
        f'<text x="{_PAD}" y="17">{escape(subject)}</text>'
        f'<text x="{_PAD}" y="{_HALF + 17}" font-weight="bold">{escape(said)}</text></g></svg>'
    )
