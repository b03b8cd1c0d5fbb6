"""The description for catalogues keeps to DCAT-AP, and says what the harvester of data.gouv.fr reads."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef

from spplus_notifier.data_catalogue import Extent, Publisher, catalogue
from spplus_notifier.settings import NotifierSettings
from tests.support.catalogue_judge import RDFLIB_WARNING, faults

pytestmark = pytest.mark.filterwarnings(RDFLIB_WARNING)

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
ADDRESS = "https://resultats.example"
FIELDS = NotifierSettings.model_fields
PUBLISHER = Publisher(
    name="Une direction",
    url="https://direction.example/",
    contact_url="mailto:donnees@direction.example",
    licence_url=FIELDS["licence_url"].default,
    licence_name=FIELDS["licence_name"].default,
)
EXTENT = Extent(modified_at=datetime(2026, 4, 2, 6, 0, 1, tzinfo=UTC), since=date(2025, 4, 1), parquet=True)
RECOGNISED_LICENCES = {
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
    "https://github.com/etalab/Licence-Ouverte/blob/master/LO.md",
}
"""Addresses by which data.gouv.fr knows the Licence Ouverte 2.0 (`lov2`)."""


def read(publisher=PUBLISHER, extent=EXTENT):
    """The catalogue as others read it."""
    return Graph().parse(data=json.dumps(catalogue(ADDRESS, publisher, extent)), format="json-ld")


def the(graph, kind):
    [node] = graph.subjects(RDF.type, kind)
    return node


def test_catalogue_keeps_to_dcat_ap():
    assert faults(read(), judge_shapes=True) == ""


@pytest.mark.parametrize(
    "publisher",
    [
        replace(PUBLISHER, url=None, contact_url=None),
        replace(PUBLISHER, contact_url="https://direction.example/ecrire"),
    ],
    ids=["says little", "writes by a page"],
)
def test_catalogue_keeps_to_dcat_ap_whoever_publishes(publisher):
    assert faults(read(publisher, replace(EXTENT, modified_at=None, parquet=False))) == ""


def test_judge_sees_what_is_missing_or_wrong():
    """Each thing taken out of a good catalogue, or put wrongly into it, is a fault."""
    good = read()
    data_set, agent = the(good, DCAT.Dataset), the(good, FOAF.Agent)
    needed = [(data_set, DCTERMS.identifier), (data_set, DCTERMS.temporal), (data_set, DCAT.theme), (agent, FOAF.name)]
    needed += [(service, DCAT.endpointURL) for service in good.subjects(RDF.type, DCAT.DataService)]
    needed += [(file, DCAT.accessURL) for file in good.subjects(RDF.type, DCAT.Distribution)]
    needed += [(contact, VCARD.hasEmail) for contact in good.objects(data_set, DCAT.contactPoint)]
    for subject, predicate in needed:
        broken = Graph() + good
        broken.remove((subject, predicate, None))
        assert faults(broken), predicate
    wrong = Graph() + good
    wrong.set((data_set, DCTERMS.accrualPeriodicity, Literal("souvent")))
    assert faults(wrong)


def test_harvester_of_the_national_catalogue_finds_what_it_reads():
    """Held to the sources of udata, its harvester: docs/decisions, «What the national catalogue reads»."""
    graph = read()
    data_set = the(graph, DCAT.Dataset)
    assert isinstance(data_set, URIRef)
    assert isinstance(graph.value(data_set, DCTERMS.identifier), Literal), "without one it is skipped"
    frequency = str(graph.value(data_set, DCTERMS.accrualPeriodicity)).rpartition("/")[2]
    assert frequency == "UPDATE_CONT", "read as continuous; CONT is read as several times a day"
    period = graph.value(data_set, DCTERMS.temporal)
    assert isinstance(period, BNode), "the address of a named period would be fetched"
    assert graph.value(period, DCAT.startDate) == Literal("2025-04-01", datatype=XSD.date)
    contact = graph.value(data_set, DCAT.contactPoint)
    assert graph.value(contact, VCARD.hasEmail) == URIRef(PUBLISHER.contact_url)
    files = list(graph.objects(data_set, DCAT.distribution))
    assert {str(graph.value(file, DCTERMS.license)) for file in files} <= RECOGNISED_LICENCES
    formats = {str(graph.value(file, DCTERMS["format"])).rpartition("/")[2] for file in files}
    assert formats == {"CSV", "JSON", "PARQUET"}
    [api] = [file for file in files if graph.value(file, DCAT.accessService) is not None]
    assert str(graph.value(api, DCTERMS["format"])).endswith("JSON"), "shown as an interface, not as a file"
    for service in graph.subjects(RDF.type, DCAT.DataService):
        served = graph.value(service, DCAT.servesDataset)
        assert graph.value(served, DCTERMS.identifier) == graph.value(data_set, DCTERMS.identifier)
