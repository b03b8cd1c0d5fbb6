"""A badge as SVG text: what it is about, and what the figure says. Pure."""

from html import escape

_HEIGHT = 28
_LETTER = 7.4
"""Width of a letter at 13 px, generous, since the reader's font is not known."""
_PAD = 12


def draw(subject: str, said: str, *, note: str) -> str:
    """Two fields side by side; the note is its title, for readers that do not see it."""
    left, right = (round(len(text) * _LETTER + 2 * _PAD) for text in (subject, said))
    width = left + right
    title = escape(f"{subject} : {said} ({note})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" '
        f'role="img" aria-label="{title}"><title>{title}</title>'
        f'<rect width="{width}" height="{_HEIGHT}" rx="5" fill="#1d5c63"/>'
        f'<rect width="{left}" height="{_HEIGHT}" rx="5" fill="#1f2430"/>'
        f'<rect x="{left - 5}" width="5" height="{_HEIGHT}" fill="#1f2430"/>'
        f'<g fill="#fff" font-family="system-ui, sans-serif" font-size="13">'
        f'<text x="{_PAD}" y="19">{escape(subject)}</text>'
        f'<text x="{left + _PAD}" y="19" font-weight="bold">{escape(said)}</text></g></svg>'
    )
