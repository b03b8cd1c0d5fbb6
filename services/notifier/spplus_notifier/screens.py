"""How pages are written: templates, headers, failures told in French."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from spplus_chassis import french
from spplus_chassis.database import UNREACHABLE
from spplus_chassis.problem import RETRY_AFTER_SECONDS
from spplus_chassis.telemetry import describe
from spplus_notifier.addressing import PublicAddress
from spplus_notifier.picture import SIZE
from spplus_notifier.preview import general
from spplus_notifier.static_files import ICON, STYLE

log = structlog.get_logger()

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
HEADERS = {
    "Content-Security-Policy": f"{_POLICY}'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""Nothing is loaded from elsewhere and nothing runs."""
SCRIPTED_HEADERS = HEADERS | {"Content-Security-Policy": f"script-src 'self'; {HEADERS['Content-Security-Policy']}"}
"""Of the one page that a script of ours makes easier; it does without."""
FRAMED_HEADERS = HEADERS | {
    "Content-Security-Policy": f"{_POLICY}*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}
"""Of what other sites may show inside their own pages."""


class Screens:
    """Writes pages from templates."""

    def __init__(self, public: PublicAddress, *, share_url: str | None, mails: bool = False) -> None:
        """`share_url`: where experiences are shared; `mails`: whether mails can be asked for."""
        self.public = public
        self._templates = Environment(
            loader=PackageLoader("spplus_notifier"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(style_path=STYLE.path, icon_path=ICON.path, share_url=share_url, mails=mails)
        self._templates.globals.update(general_preview=general(), preview_size=SIZE)
        self._templates.filters.update(
            number=french.number, day=french.day, fixed=french.fixed, moment=french.moment, drawn=Markup
        )

    def text(self, template: str, **shown: object) -> str:
        """One template, filled in."""
        return self._templates.get_template(template).render(**shown)

    def write(self, template: str, status: int = 200, /, **shown: object) -> HTMLResponse:
        """One page."""
        return HTMLResponse(self.text(template, **shown), status, headers=HEADERS)

    def missing(self, title: str, text: str, status: int = 404) -> HTMLResponse:
        """A page that says what is not there."""
        return self.write("message.html", status, title=title, text=text)


def told_in_french(screens: Screens) -> type[APIRoute]:
    """Routes whose failures are pages too, since people read them."""

    class Told(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def told(request: Request) -> Response:
                try:
                    return await answer(request)
                except RequestValidationError:
                    return screens.missing("Demande incomprise", "L'adresse de cette page est mal écrite.", 422)
                except UNREACHABLE as error:
                    log.warning("unreachable", error=describe(error))
                    page = screens.missing("Un instant", "Les chiffres sont momentanément indisponibles.", 503)
                    page.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
                    return page

            return told

    return Told
