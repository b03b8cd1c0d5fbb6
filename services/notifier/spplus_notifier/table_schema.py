"""The CSV files described as Table Schemas, as the national catalogue of schemas reads it. Pure.

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


STRUCTURE_FIELDS: Final = (
    _field("code", "string", "Code SP+ de la structure.", "12345", **_CODE),
    _field("name", "string", "Nom, tel que le public le lit.", "Service des impôts des particuliers de Villeneuve"),
    _field("network", "string", "Administration ou réseau.", "DGFIP"),
    _maybe("typology", "string", "Sorte de service.", "Service des impôts des particuliers"),
    _maybe("department", "string", "Code du département.", "31"),
    _maybe("post_code", "string", "Code postal.", "31000"),
    _maybe("town", "string", "Commune.", "Villeneuve"),
    _maybe("parent_code", "string", "Structure dont elle dépend aujourd'hui.", "12000", **_CODE),
    _field("active", "boolean", "Vrai si elle est ouverte.", "true"),
    _maybe("closed_on", "date", "Jour de sa fermeture.", "2026-06-30"),
    _maybe("successor_code", "string", "Structure qui lui succède.", "12346", **_CODE),
)


def table_schema(address: str) -> dict[str, Any]:
    """The schema of the figures with a decimal point; `address` is where this service is reached."""
    return _schema(
        address,
        "indicators",
        {
            "name": "spplus-indicateurs",
            "title": "Indicateurs de qualité de service (Services Publics +)",
            "description": "Un chiffre publié par ligne ; séparateur point-virgule, UTF-8, point décimal.",
        },
        FIELDS,
        ["structure_code", "indicator_code", "period_kind", "period_start"],
    )


def structures_schema(address: str) -> dict[str, Any]:
    """The schema of the structures."""
    return _schema(
        address,
        "structures",
        {
            "name": "spplus-structures",
            "title": "Structures de Services Publics +",
            "description": "Une structure par ligne ; séparateur point-virgule, UTF-8.",
        },
        STRUCTURE_FIELDS,
        ["code"],
    )


def _schema(address: str, file: str, told: dict[str, str], fields: Iterable[Field], key: list[str]) -> dict[str, Any]:
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        **told,
        "path": f"{address}/v1/{file}.table-schema.json",
        "version": VERSION,
        "lang": "fr",
        "fields": [dict(field) for field in fields],
        "primaryKey": key,
        "missingValues": [""],
    }
