"""The description for catalogues, before judges from outside: rdflib reads it, pySHACL holds it to DCAT-AP."""

from pathlib import Path

import pyshacl
from rdflib import Graph

SHAPES = Graph().parse(Path(__file__).with_name("dcat_ap.ttl"))
RDFLIB_WARNING = "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"
"""Its parser of JSON-LD uses what it deprecates."""


def faults(catalogue: Graph, *, judge_shapes: bool = False) -> str:
    """What DCAT-AP holds against a catalogue, as text; empty where nothing is wrong."""
    conforms, _, text = pyshacl.validate(catalogue, shacl_graph=SHAPES, meta_shacl=judge_shapes)
    return "" if conforms else text
