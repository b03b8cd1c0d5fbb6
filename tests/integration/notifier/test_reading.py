"""Every sentence with a number, on every page about figures, against the figure that the API gives."""

import pytest

from spplus_notifier import catalogue
from tests.support import showcase
from tests.support.publication import items
from tests.support.reading import key_of, sentences, untrue

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

STRUCTURES = ("root", "child", "other", "empty")
PATHS = (
    *(f"/structures/{code}" for code in STRUCTURES),
    "/structures/child?annee=2025",
    "/structures/child?annee=2024",
    "/structures/child/carte",
    "/structures/other/carte",
    "/structures/root/comparaison?avec=child&indicateur=experience_satisfaction",
    *(f"/structures/root/comparaison?indicateur={code}" for code in catalogue.order()),
    *(f"/indicateurs/{code}" for code in catalogue.order()),
    "/engagements",
    *(f"/engagements/{number}" for number in range(1, 10)),
)


async def test_every_number_on_the_pages_is_one_of_the_open_data(published):
    async with published.replica() as client:
        await published.publish(*showcase.structures(), *showcase.figures())
        await published.settled()
        known = {key_of(item): item for item in await items(client)}
        read = set()
        wrong = []
        for path in PATHS:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            about, loose = sentences(answer.text)
            wrong += [f"{path}: number without a figure: {text!r}" for text in loose]
            for key, text in about:
                read.add(key)
                wrong += [f"{path}: {key}: {fault}" for fault in untrue(text, known[key])]
        assert wrong == []
        shown = {(key.split("|")[0], key.split("|")[1]) for key in read}
        expected = {(code, indicator) for code in ("root", "child", "other") for indicator in catalogue.order()}
        assert expected - shown == {("child", "procedure_quality_rate")} - shown
