"""The home page: search by words, region and network, told page by page with counts."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from spplus_chassis.service import Service
from spplus_notifier import structure_queries
from spplus_notifier.addressing import Here
from spplus_notifier.regions import REGIONS, region_of
from spplus_notifier.screens import Screens
from spplus_notifier.structure_queries import Found, Wanted

PAGE_SIZE = 30


class HomePages:
    """Writes it."""

    def __init__(self, service: Service, screens: Screens) -> None:
        self._service = service
        self._screens = screens

    async def home(self, text: str, network: str, region: str, page: int, here: Here) -> HTMLResponse:
        """Search, or the regions and networks to start from; two queries."""
        if region and region not in REGIONS:
            return self._screens.missing("Région inconnue", f"Aucune région ne s'appelle « {region} ».")
        pool = self._service.pool
        ways = await structure_queries.ways(pool)
        found = None
        first = (page - 1) * PAGE_SIZE
        if text or network or region:
            wanted = Wanted(text, network or None, REGIONS.get(region))
            found = await structure_queries.search(pool, wanted, limit=PAGE_SIZE, offset=first)
            if page > 1 and not found.structures:
                return self._screens.missing("Page introuvable", "La liste des services trouvés est plus courte.")
        return self._screens.write(
            "home.html",
            here=here,
            text=text,
            network=network,
            region=region,
            page=page,
            networks=ways.networks,
            regions=_by_region({one.name: one.structures for one in ways.departments}),
            found=found,
            first=first + 1,
            anywhere=urlencode({"q": text}) if text and (network or region) else None,
            **_turning({"q": text, "reseau": network, "region": region}, page, found),
        )


def _turning(query: dict[str, str], page: int, found: Found | None) -> dict[str, str | None]:
    """Where the pages before and after this one are."""

    def at(number: int) -> str:
        return urlencode({name: value for name, value in query.items() if value} | {"page": number})

    has_more = found is not None and page * PAGE_SIZE < found.total
    return {"before": at(page - 1) if page > 1 else None, "after": at(page + 1) if has_more else None}


def _by_region(departments: dict[str, int]) -> list[tuple[str, int]]:
    counts = dict.fromkeys(REGIONS, 0)
    for department, count in departments.items():
        region = region_of(department)
        if region is not None:
            counts[region] += count
    return [(region, count) for region, count in counts.items() if count]


def add_routes(routes: APIRouter, service: Service, screens: Screens) -> None:
    """Add the page."""
    pages = HomePages(service, screens)

    @routes.get("/")
    async def get_home(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        reseau: Annotated[str, Query(max_length=300)] = "",
        region: Annotated[str, Query(max_length=100)] = "",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        here = screens.public.here(request, "reseau", "region", "page")
        return await pages.home(q.strip(), reseau, region, page, here)
