"""Pages that explain: the nine engagements, the indicators with the whole of each network, the methods."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from spplus_chassis.service import Service
from spplus_notifier import catalogue, clock, comparing, side_by_side, structure_queries
from spplus_notifier.addressing import Here
from spplus_notifier.catalogue import WORDINGS, wording_of
from spplus_notifier.comparing import Place
from spplus_notifier.engagements import ENGAGEMENTS, engagement_of
from spplus_notifier.methods import METHODS
from spplus_notifier.screens import Screens

ROOTS_SHOWN = 200


class ReadingPages:
    """Writes them."""

    def __init__(self, service: Service, screens: Screens) -> None:
        self._service = service
        self._screens = screens

    def engagements(self, here: Here) -> HTMLResponse:
        """The nine, with what measures each."""
        return self._screens.write("engagements.html", here=here, engagements=ENGAGEMENTS, wordings=WORDINGS)

    def engagement(self, number: int, here: Here) -> HTMLResponse:
        """One engagement, and its indicators."""
        by_number = {one.number: one for one in ENGAGEMENTS}
        found = by_number.get(number)
        if found is None:
            return self._screens.missing("Engagement introuvable", "Le programme compte neuf engagements.")
        codes = [code for main in found.codes for code in (main, *catalogue.BESIDE.get(main, ()))]
        return self._screens.write(
            "engagement.html",
            here=here,
            engagement=found,
            codes=codes,
            wordings=WORDINGS,
            before=by_number.get(number - 1),
            after=by_number.get(number + 1),
        )

    async def indicator(self, code: str, here: Here) -> HTMLResponse:
        """One indicator: what it says, and its last twelve months (or year) for the whole of each network."""
        if code not in WORDINGS:
            return self._screens.missing("Indicateur introuvable", f"Aucun indicateur ne porte le code « {code} ».")
        pool = self._service.pool
        today = clock.today()
        roots = await structure_queries.roots(pool, today, limit=ROOTS_SHOWN)
        figures = await side_by_side.newest(pool, [one.code for one in roots], code, today)
        places = [
            Place(one.code, one.name, figures.get(one.code), code not in one.not_applicable)
            for one in roots
            if one.code in figures
        ]
        return self._screens.write(
            "indicator.html",
            here=here,
            code=code,
            wording=wording_of(code),
            method=METHODS[code],
            engagement=engagement_of(catalogue.main_of(code)),
            compared=comparing.compare(code, places, None),
            period=side_by_side.period_of(figures),
        )

    def methods(self, here: Here) -> HTMLResponse:
        """All methods."""
        methods = [METHODS[code] for code in catalogue.order()]
        return self._screens.write("methods.html", here=here, methods=methods, wordings=WORDINGS)

    def method(self, code: str, here: Here) -> HTMLResponse:
        """One method."""
        if code not in METHODS:
            return self._screens.missing("Méthode introuvable", f"Aucun indicateur ne porte le code « {code} ».")
        engagement = engagement_of(catalogue.main_of(code))
        return self._screens.write(
            "method.html", here=here, method=METHODS[code], wording=wording_of(code), engagement=engagement
        )


def add_routes(routes: APIRouter, service: Service, screens: Screens) -> None:
    """Add the pages."""
    pages = ReadingPages(service, screens)

    @routes.get("/engagements")
    async def get_engagements(request: Request) -> Response:
        return pages.engagements(screens.public.here(request))

    @routes.get("/engagements/{number}")
    async def get_engagement(request: Request, number: int) -> Response:
        return pages.engagement(number, screens.public.here(request))

    @routes.get("/indicateurs/{code}")
    async def get_indicator(request: Request, code: str) -> Response:
        return await pages.indicator(code, screens.public.here(request))

    @routes.get("/methodes")
    async def get_methods(request: Request) -> Response:
        return pages.methods(screens.public.here(request))

    @routes.get("/methodes/{code}")
    async def get_method(request: Request, code: str) -> Response:
        return pages.method(code, screens.public.here(request))
