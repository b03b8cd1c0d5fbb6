from spplus_embedded.demo.tree import COLUMNS, ROOT, Network, call_centres, region, write_list
from spplus_feedback.imports.structure_rows import REQUIRED, ListedStructure, listed_structure
from spplus_feedback.imports.table import Row, Table


def test_region_lists_every_parent_before_its_children_once():
    seen = {""}
    for place in region():
        assert place.parent in seen
        assert place.code not in seen
        seen.add(place.code)


def test_region_has_some_hundred_structures_of_six_networks_on_five_levels():
    places = {place.code: place for place in region()}

    def depth(code: str) -> int:
        return 0 if not code else 1 + depth(places[code].parent)

    assert 200 <= len(places) <= 400
    assert {place.network for place in places.values() if place.parent == ROOT} == set(Network)
    assert max(depth(code) for code in places) == 5
    assert len(call_centres(list(places.values()))) == 3


def test_list_read_by_the_import_gives_the_declared_structures(tmp_path):
    path = tmp_path / "structures.csv"
    write_list(region(), path)
    with Table(path, REQUIRED) as table:
        rows = list(table)
    assert all(isinstance(row, Row) for row in rows)
    assert set(COLUMNS) == set(rows[0].cells)
    listed = [listed_structure(row) for row in rows]
    assert all(isinstance(one, ListedStructure) and not one.doubts for one in listed)
    assert [one.structure for one in listed] == [place.declared() for place in region()]
