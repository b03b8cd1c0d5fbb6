"""The page of the open data: what there is, what each column holds, examples to copy."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from spplus_chassis.french import PARIS
from spplus_notifier import parquet_export
from spplus_notifier.data_catalogue import Publisher
from spplus_notifier.reasons import Why
from spplus_notifier.screens import Screens
from spplus_notifier.table_schema import FIELDS, STRUCTURE_FIELDS

KINDS: Final = {
    "string": "texte",
    "number": "nombre",
    "integer": "nombre entier",
    "boolean": "true ou false",
    "date": "jour",
    "datetime": "instant",
}
REASONS: Final = {
    Why.FIRST: "Rien n'était publié auparavant.",
    Why.BACK: "Le chiffre avait été retiré.",
    Why.WINDOW: "Les douze mois se sont décalés.",
    Why.METHOD: "La méthode de calcul a une nouvelle version.",
    Why.CLOSED: "La période est terminée : le chiffre n'est plus provisoire.",
    Why.STATUS: "Il y a désormais un nombre, ou il n'y en a plus, ou la raison en est une autre.",
    Why.COUNTS: "D'autres témoignages, réponses ou appels sont comptés : tardifs, corrigés ou retirés.",
    Why.VALUE: "Le nombre ou sa marge diffère.",
    Why.ENGAGEMENTS: "Les engagements concernés diffèrent.",
    Why.THINNED: "Des versions plus anciennes ne sont plus gardées : ce qui diffère peut avoir plusieurs causes.",
    Why.RECOMPUTED: "Recalculé, avec le même résultat.",
}


def add_routes(routes: APIRouter, screens: Screens, publisher: Publisher) -> None:
    """Add the page."""

    @routes.get("/donnees-ouvertes")
    async def get_open_data(request: Request) -> Response:
        return screens.write(
            "open_data.html",
            here=screens.public.here(request),
            publisher=publisher,
            year=datetime.now(PARIS).year,
            parquet=parquet_export.is_possible(),
            fields=FIELDS,
            structure_fields=STRUCTURE_FIELDS,
            kinds=KINDS,
            reasons=REASONS,
        )
