"""The CSV export described as a Table Schema, as the national catalogue of schemas reads it. Pure.

Specification: https://specs.frictionlessdata.io/table-schema/
"""

from collections.abc import Iterable
from typing import Any, Final

from spplus_contracts.closed_list import ClosedList
from spplus_contracts.vocabulary import IndicatorStatus, IntervalMethod, PeriodKind, Unit

Field = dict[str, Any]
VERSION: Final = "1.0.0"
_CODE: Final = {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}


def _values(closed: Iterable[ClosedList]) -> dict[str, list[str]]:
    return {"enum": [each.value for each in closed if each.value != "unknown"]}


def _field(name: str, kind: str, description: str, example: object, **constraints: object) -> Field:
    constraints = {"required": True} | constraints
    return {"name": name, "type": kind, "description": description, "example": example, "constraints": constraints}


def _maybe(name: str, kind: str, description: str, example: object, **constraints: object) -> Field:
    return _field(name, kind, description, example, **{"required": False} | constraints)


FIELDS: Final = (
    _field("structure_code", "string", "Code SP+ de la structure, tous ses services compris.", "12345", **_CODE),
    _field("indicator_code", "string", "Code de l'indicateur.", "answer_rate", pattern="^[a-z][a-z0-9_]{2,47}$"),
    _field("period_kind", "string", "Durée de la période.", "month", **_values(PeriodKind)),
    _field("period_start", "date", "Premier jour de la période (heure de Paris).", "2026-03-01"),
    _field("period_end", "date", "Premier jour après la période.", "2026-04-01"),
    _field("status", "string", "Dit s'il y a un nombre, sinon pourquoi.", "ok", **_values(IndicatorStatus)),
    _maybe("value", "number", "Le chiffre, dans son unité ; vide s'il n'est pas publié, jamais zéro.", 0.75),
    _field("unit", "string", "Unité : taux de 0 à 1, points de -100 à 100, jours ou nombre.", "rate", **_values(Unit)),
    _maybe("numerator", "number", "Ce qui est compté en haut du rapport.", 30),
    _maybe("denominator", "number", "Ce qui est compté en bas du rapport.", 40, minimum=0),
    _field("n", "integer", "Effectif : réponses, demandes ou appels comptés.", 40, minimum=0),
    _maybe("interval_low", "number", "Borne basse de l'intervalle à 95 %, dans l'unité.", 0.5981),
    _maybe("interval_high", "number", "Borne haute de l'intervalle à 95 %, dans l'unité.", 0.8581),
    _maybe("interval_method", "string", "Calcul de l'intervalle.", "wilson", **_values(IntervalMethod)),
    _field("provisional", "boolean", "Vrai tant que la période est ouverte.", "false"),
    _field("revision", "integer", "Augmente à chaque nouveau calcul.", 1, minimum=1),
    _field("computed_at", "datetime", "Instant du calcul, en temps universel.", "2026-04-02T06:00:00Z"),
    _field("tree_on", "date", "Jour de l'arbre des structures utilisé.", "2026-03-31"),
    _field("method_version", "integer", "Version de la méthode de calcul.", 1, minimum=1),
    _maybe("engagements", "string", "Engagements concernés, séparés par une espace.", "sp-plus-2021/7"),
)


def table_schema(address: str) -> dict[str, Any]:
    """The schema of the CSV with a decimal point; `address` is where this service is reached."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "spplus-indicateurs",
        "title": "Indicateurs de qualité de service (Services Publics +)",
        "description": "Un chiffre publié par ligne ; séparateur point-virgule, UTF-8, point décimal.",
        "path": f"{address}/v1/indicators.table-schema.json",
        "version": VERSION,
        "lang": "fr",
        "fields": [dict(field) for field in FIELDS],
        "primaryKey": ["structure_code", "indicator_code", "period_kind", "period_start"],
        "missingValues": [""],
    }
