"""The open data described for catalogues: DCAT-AP as JSON-LD. Pure.

Profile: https://semiceu.github.io/DCAT-AP/releases/3.0.0/ ; authority tables of the Publications Office of the EU.
What the harvester of data.gouv.fr reads of it: docs/decisions/2026-11-23-what-the-national-catalogue-reads.md.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

Node = dict[str, Any]
_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
_FILE_TYPE: Final = f"{_AUTHORITY}/file-type"
_MEDIA: Final = "https://www.iana.org/assignments/media-types"
_CONTEXT: Final = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for the data; each operator of the platform says it by settings."""

    name: str
    url: str | None
    """Address of the organisation itself."""
    contact_url: str | None
    """Page or `mailto:` for people who use the data."""
    licence_url: str
    """Terms of use."""
    licence_name: str
    """What people call them."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is at this time."""

    modified_at: datetime | None
    """When something changed last."""
    since: date | None
    """First day of the first period."""
    parquet: bool
    """Whether Parquet can be had."""


def catalogue(address: str, publisher: Publisher, extent: Extent) -> Node:
    """Catalogue, data set, distributions and services, reached at `address`."""
    agent: Node = {
        "@id": publisher.url or f"{address}/#publisher",
        "@type": "foaf:Agent",
        "foaf:name": _french(publisher.name),
    }
    files = [_file(address, publisher, *each) for each in _FILES if extent.parquet or each[0] != "parquet"]
    data_set = _data_set(address, publisher, agent["@id"], extent)
    data_set["dcat:distribution"] = [_at(file["@id"]) for file in files]
    services = [_service(address, publisher, agent["@id"], *each) for each in _SERVICES]
    top = {
        "@id": f"{address}/v1/catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _french("Résultats de qualité de service (Services Publics +)"),
        "dct:description": _french("Le catalogue des données ouvertes de cette publication."),
        "dct:publisher": _at(agent["@id"]),
        "dct:language": _at(f"{_AUTHORITY}/language/FRA"),
        "dct:license": _at(publisher.licence_url),
        "foaf:homepage": _at(f"{address}/donnees-ouvertes"),
        "dcat:dataset": [_at(data_set["@id"])],
        "dcat:service": [_at(service["@id"]) for service in services],
    }
    return {"@context": _CONTEXT, "@graph": [top, data_set, *files, *services, agent]}


def _data_set(address: str, publisher: Publisher, agent: str, extent: Extent) -> Node:
    found: Node = {
        "@id": f"{address}/donnees-ouvertes#indicateurs",
        "@type": "dcat:Dataset",
        "dct:identifier": "spplus-indicateurs",
        "dct:title": _french("Indicateurs de qualité de service des structures publiques"),
        "dct:description": _french(
            "Satisfaction, délais et taux de réponse de chaque structure, avec effectif et intervalle à 95 %, par "
            "mois, trimestre, année et sur douze mois. Aucune donnée personnelle."
        ),
        "dct:publisher": _at(agent),
        "dct:accessRights": _at(f"{_AUTHORITY}/access-right/PUBLIC"),
        "dct:accrualPeriodicity": _at(f"{_AUTHORITY}/frequency/UPDATE_CONT"),
        "dct:language": _at(f"{_AUTHORITY}/language/FRA"),
        "dct:spatial": _at(f"{_AUTHORITY}/country/FRA"),
        "dcat:theme": _at(f"{_AUTHORITY}/data-theme/GOVE"),
        "dcat:keyword": [_french(word) for word in ("qualité de service", "satisfaction", "services publics")],
        "dcat:landingPage": _at(f"{address}/donnees-ouvertes"),
        "dct:conformsTo": _at(f"{address}/v1/indicators.table-schema.json"),
    }
    if extent.modified_at is not None:
        found["dct:modified"] = _typed("dateTime", extent.modified_at.isoformat().replace("+00:00", "Z"))
    if extent.since is not None:
        since = _typed("date", extent.since.isoformat())
        found["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": since}  # no end: it goes on
    if publisher.contact_url is not None:
        by = "vcard:hasEmail" if publisher.contact_url.startswith("mailto:") else "vcard:hasURL"
        contact = {"vcard:fn": publisher.name, by: _at(publisher.contact_url)}
        found["dcat:contactPoint"] = {"@type": "vcard:Organization", **contact}
    return found


_FILES: Final = (
    ("csv", "Tous les chiffres actuels (CSV)", "/v1/indicators.csv", "CSV", "text/csv", "indicators.table-schema.json"),
    (
        "structures",
        "Codes, noms et rattachements des structures (CSV)",
        "/v1/structures.csv",
        "CSV",
        "text/csv",
        "structures.table-schema.json",
    ),
    (
        "json",
        "Chiffres actuels, page par page (JSON)",
        "/v1/indicators",
        "JSON",
        "application/json",
        "indicators.schema.json",
    ),
    (
        "parquet",
        "Les douze derniers mois (Parquet)",
        "/v1/indicators.parquet?period_kind=rolling_12",
        "PARQUET",
        "application/vnd.apache.parquet",
        None,
    ),
)
_SERVICES: Final = (
    (
        "api",
        "Interroger les chiffres (HTTP)",
        "Chiffres par structure, indicateur, engagement, période et instant de publication, page par page, en JSON.",
        "/v1/indicators",
    ),
    (
        "direct",
        "Suivre les changements (événements envoyés par le serveur)",
        "Chaque chiffre nouveau ou retiré, dès sa publication ; le suivi reprend où il s'est arrêté.",
        "/v1/stream",
    ),
)


def _file(
    address: str, publisher: Publisher, name: str, title: str, path: str, kind: str, media: str, schema: str | None
) -> Node:
    found: Node = {
        "@id": f"{address}/donnees-ouvertes#{name}",
        "@type": "dcat:Distribution",
        "dct:title": _french(title),
        "dcat:accessURL": _at(f"{address}{path}"),
        "dcat:downloadURL": _at(f"{address}{path}"),
        "dct:format": _at(f"{_FILE_TYPE}/{kind}"),
        "dcat:mediaType": _at(f"{_MEDIA}/{media}"),
        "dct:license": _at(publisher.licence_url),
    }
    if schema is not None:
        found["dct:conformsTo"] = _at(f"{address}/v1/{schema}")
    if name == "json":
        found["dcat:accessService"] = _at(f"{address}/donnees-ouvertes#api")
    return found


def _service(
    address: str, publisher: Publisher, agent: str, name: str, title: str, description: str, path: str
) -> Node:
    return {
        "@id": f"{address}/donnees-ouvertes#{name}",
        "@type": "dcat:DataService",
        "dct:title": _french(title),
        "dct:description": _french(description),
        "dcat:endpointURL": _at(f"{address}{path}"),
        "dcat:endpointDescription": _at(f"{address}/openapi.json"),
        "dcat:servesDataset": _at(f"{address}/donnees-ouvertes#indicateurs"),
        "dct:publisher": _at(agent),
        "dct:license": _at(publisher.licence_url),
    }


def _at(iri: str) -> Node:
    return {"@id": iri}


def _typed(kind: str, value: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": value}


def _french(text: str) -> Node:
    return {"@language": "fr", "@value": text}
