"""How a page is made: templates, headers that keep it private, forms as browsers send them, troubles in French."""

from collections.abc import Callable, Coroutine
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined

from spplus_chassis.database import UNREACHABLE
from spplus_chassis.problem import Problem
from spplus_feedback import wording
from spplus_feedback.departments import DEPARTMENTS
from spplus_feedback.stories import MAX_STRUCTURES

_PACKAGE: Final = "spplus_feedback"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STAFF: Final = ("/espace", "/connexion", "/deconnexion")
"""Pages of people who sign in."""
_FORM: Final = "application/x-www-form-urlencoded"
_HOUR: Final = 60
_MOST_FIELDS: Final = 60
_TROUBLES: Final = {
    403: (
        "Cette action n’est pas permise : vos droits ne la prévoient pas, ou la page est restée ouverte "
        "trop longtemps. Rechargez la page, puis réessayez."
    ),
    404: "Cette page n’existe pas.",
    409: "Votre envoi est en cours d’enregistrement. Patientez un instant, puis réessayez.",
    410: "Cette expérience a été retirée : elle ne peut plus être envoyée.",
    429: "Trop de demandes en peu de temps. Patientez quelques minutes, puis réessayez.",
    503: "Le service est momentanément indisponible. Rien n’est perdu : réessayez dans un instant.",
}
_STAFF_TROUBLES: Final = {
    404: "Cette page n’existe pas, ou ce qu’elle montrait n’est plus dans votre périmètre.",
    410: "Son auteur a retiré cette expérience : son texte est effacé et elle n’attend plus de réponse.",
}
_NOT_UNDERSTOOD: Final = "Nous n’avons pas compris cette demande. Revenez à l’accueil et recommencez."

_templates: Final = Environment(
    loader=PackageLoader(_PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.globals.update(
    sentiments=wording.SENTIMENTS,
    channels=wording.CHANNELS,
    dimensions=wording.DIMENSIONS,
    engagements=wording.ENGAGEMENTS,
    personal=wording.PERSONAL,
    departments=DEPARTMENTS,
    step_names=wording.STEPS,
    coming_names=wording.COMING,
    most_structures=MAX_STRUCTURES,
)
_templates.filters.update(
    delay=wording.delay_in_words,
    day=wording.day_of,
    moment=wording.moment_of,
    day_in_words=wording.day_in_words,
    deadline_day=wording.deadline_day,
    month=wording.month_in_words,
    refusal=wording.refusal,
)


def page(template: str, *, status: int = 200, form_origin: str | None = None, **values: object) -> HTMLResponse:
    """A page. It is kept by nobody, framed by nobody, and sends no referrer.

    `form_origin` is the one other place that a form of it may go to.
    """
    headers = _HEADERS | ({"Retry-After": "2"} if status == 503 else {})  # noqa: PLR2004 - HTTP's own number
    if form_origin:
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy.replace("form-action 'self'", f"form-action 'self' {form_origin}")
    return HTMLResponse(_templates.get_template(template).render(**values), status_code=status, headers=headers)


def trouble_words(status: int) -> str:
    """What went wrong, in plain words."""
    return _TROUBLES.get(status, _NOT_UNDERSTOOD)


def waiting_words(seconds: int | None) -> str | None:
    """When to try again, as people say it; None where there is nothing to wait for."""
    if seconds is None:
        return None
    minutes = -(-seconds // 60)
    if minutes > _HOUR:
        return f"Réessayez dans {-(-minutes // _HOUR)} heures."
    return f"Réessayez dans {minutes} minutes." if minutes > 1 else "Réessayez dans une minute."


def trouble(status: int, *, for_staff: bool = False) -> HTMLResponse:
    """A page that says what went wrong."""
    template = "people/trouble.html" if for_staff else "trouble.html"
    words = (_STAFF_TROUBLES.get(status) if for_staff else None) or trouble_words(status)
    return page(template, status=status, message=words)


def on_to(path: str) -> RedirectResponse:
    """Go on to another page of ours, after a form was taken or where one has to sign in first."""
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def stylesheet(name: str = "feedback.css") -> Response:
    """A style sheet of ours."""
    text = (resources.files(_PACKAGE) / "static" / name).read_text(encoding="utf-8")
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="text/css", headers=headers)


async def sent_form(request: Request) -> dict[str, list[str]]:
    """The fields of a form as browsers send it. Raises `Problem` 415 for another kind of body, 422 where it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Problem(415)
    try:
        text = (await request.body()).decode("ascii")
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem(422) from None


class Page(APIRoute):
    """A route whose troubles are told to people, not to programs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            for_staff = request.url.path.startswith(_STAFF)
            try:
                return await handle(request)
            except Problem as problem:
                if problem.status == 303:  # noqa: PLR2004 - HTTP's own number
                    return on_to(problem.headers["Location"])
                return trouble(problem.status, for_staff=for_staff)
            except RequestValidationError:
                return trouble(422, for_staff=for_staff)
            except UNREACHABLE:
                return trouble(503, for_staff=for_staff)

        return told
