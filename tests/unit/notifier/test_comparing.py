"""Structures beside each other: what differs more than the margins allow, and what stands above a structure."""

import pytest

from spplus_notifier import comparing, pages
from spplus_notifier.comparing import Place
from spplus_notifier.structure_queries import Structure, whole_network
from tests.support.builders import a_figure

RATE = "experience_satisfaction"


def a_rate(low, high):
    value = (low + high) / 2
    margin = {"low": low, "high": high, "method": "wilson"}
    return a_figure(value=value, numerator=100 * value, denominator=100, n=100, interval=margin)


def a_delay(low, high):
    margin = {"low": low, "high": high, "method": "order_statistics"}
    given = {"unit": "days", "value": (low + high) / 2, "numerator": None, "denominator": None, "interval": margin}
    return a_figure(indicator_code="answer_delay_median", **given)


def a_place(code, network="DGFIP"):
    return Structure(code, code, network, None, None, None, True, None, None, ())  # noqa: FBT003 - active


@pytest.mark.parametrize(
    ("figure", "reference", "said"),
    [
        (a_rate(0.5, 0.6), a_rate(0.6, 0.7), "résultats proches"),
        (a_rate(0.61, 0.7), a_rate(0.5, 0.6), "plus haut"),
        (a_rate(0.5, 0.6), a_rate(0.61, 0.7), "plus bas"),
        (a_delay(5, 6), a_delay(7, 8), "plus court"),
        (a_delay(7, 8), a_delay(5, 6), "plus long"),
        (a_delay(5, 7), a_delay(7, 8), "résultats proches"),
    ],
)
def test_figures_differ_only_where_their_margins_lie_apart(figure, reference, said):
    assert comparing.verdict(figure, reference).said == said


def test_each_reason_for_no_number_is_told_in_its_own_words():
    few = a_figure(status="insufficient_sample", n=12)
    places = [
        Place("a", "A", a_rate(0.5, 0.6)),
        Place("b", "B", few),
        Place("c", "C", None),
        Place("d", "D", few, applicable=False),
    ]
    rows = comparing.compare(RATE, places, places[0]).rows
    assert [row.reason for row in rows] == [
        "",
        "12\u00a0expériences seulement : c'est trop peu pour donner un chiffre fiable.",
        "Personne n'a encore transmis d'information à ce sujet pour cette période.",
        "Cette question ne concerne pas cette structure.",
    ]
    assert [row.chart is None for row in rows] == [False, True, True, True]
    assert [row.verdict for row in rows] == [None] * 4


def test_without_any_number_there_is_no_scale():
    assert comparing.compare(RATE, [Place("a", "A", None)], None).scale is None


ROOT, REGION, OFFICE = (a_place(code) for code in ("root", "region", "office"))
PREFECTURE = a_place("prefecture", "Préfectures")


@pytest.mark.parametrize(
    ("ancestors", "told"),
    [
        ([], {}),
        ([ROOT], {"root": "tout le réseau"}),
        ([ROOT, REGION], {"region": "dont ce service dépend", "root": "tout le réseau"}),
        ([PREFECTURE, ROOT], {"root": "tout le réseau"}),
        ([ROOT, PREFECTURE], {"prefecture": "dont ce service dépend", "root": "tout le réseau"}),
        ([PREFECTURE], {"prefecture": "dont ce service dépend"}),
        ([PREFECTURE, ROOT, REGION], {"region": "dont ce service dépend", "root": "tout le réseau"}),
    ],
)
def test_parent_and_whole_network_stand_once_each_whatever_lies_between(ancestors, told):
    assert {one.code: role for one, role in pages.above(OFFICE, ancestors).items()} == told


def test_network_is_the_highest_ancestor_of_the_same_network():
    assert whole_network(OFFICE, [PREFECTURE, ROOT, REGION]) is ROOT
    assert whole_network(OFFICE, [PREFECTURE]) is None
