"""The open data described for catalogues: DCAT-AP as JSON-LD. Pure.

Profile: https://semiceu.github.io/DCAT-AP/releases/3.0.0/ ; authority tables of the Publications Office of the EU.
"""

from dataclasses import dataclass
from datetime import datetime
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


def catalogue(address: str, publisher: Publisher, modified_at: datetime | None, *, parquet: bool) -> Node:
    """Catalogue, data set, distributions and services, reached at `address`; `parquet`: whether that can be had."""
    agent: Node = {
        "@id": publisher.url or f"{address}/#publisher",
        "@type": "foaf:Agent",
        "foaf:name": _french(publisher.name),
    }
    files = [_file(address, publisher, *each) for each in _FILES if parquet or each[0] != "parquet"]
    data_set = _data_set(address, publisher, agent["@id"], modified_at)
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


def _data_set(address: str, publisher: Publisher, agent: str, modified_at: datetime | None) -> Node:
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
        "dct:accrualPeriodicity": _at(f"{_AUTHORITY}/frequency/CONT"),
        "dct:language": _at(f"{_AUTHORITY}/language/FRA"),
        "dct:spatial": _at(f"{_AUTHORITY}/country/FRA"),
        "dcat:theme": _at(f"{_AUTHORITY}/data-theme/GOVE"),
        "dcat:keyword": [_french(word) for word in ("qualité de service", "satisfaction", "services publics")],
        "dcat:landingPage": _at(f"{address}/donnees-ouvertes"),
        "dct:conformsTo": _at(f"{address}/v1/indicators.table-schema.json"),
    }
    if modified_at is not None:
        found["dct:modified"] = {"@type": "xsd:dateTime", "@value": modified_at.isoformat().replace("+00:00", "Z")}
    if publisher.contact_url is not None:
        contact = {"vcard:fn": publisher.name, "vcard:hasURL": _at(publisher.contact_url)}
        found["dcat:contactPoint"] = {"@type": "vcard:Organization", **contact}
    return found


_FILES: Final = (
    ("csv", "Tous les chiffres actuels (CSV)", "/v1/indicators.csv", "CSV", "text/csv", "indicators.table-schema.json"),
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
    ("api", "Interroger les chiffres (HTTP)", "/v1/indicators"),
    ("direct", "Suivre les changements (événements envoyés par le serveur)", "/v1/stream"),
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
    return found if schema is None else found | {"dct:conformsTo": _at(f"{address}/v1/{schema}")}


def _service(address: str, publisher: Publisher, agent: str, name: str, title: str, path: str) -> Node:
    return {
        "@id": f"{address}/donnees-ouvertes#{name}",
        "@type": "dcat:DataService",
        "dct:title": _french(title),
        "dcat:endpointURL": _at(f"{address}{path}"),
        "dcat:endpointDescription": _at(f"{address}/openapi.json"),
        "dcat:servesDataset": _at(f"{address}/donnees-ouvertes#indicateurs"),
        "dct:publisher": _at(agent),
        "dct:license": _at(publisher.licence_url),
    }


def _at(iri: str) -> Node:
    return {"@id": iri}


def _french(text: str) -> Node:
    return {"@language": "fr", "@value": text}
