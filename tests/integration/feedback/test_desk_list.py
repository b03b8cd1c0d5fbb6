"""The agents' list: their part of the tree only, soonest due first, filtered, counted, and paged without a gap."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.desk import words
from tests.support.intake import request_ids
from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def ids_on(page):
    return re.findall(r'<h2><a href="/espace/demandes/([0-9a-f-]{36})"', page.text)


async def agent_of(door, structure="racine"):
    return await sign_in(door.http, door.dsn, "agent", structure)


async def told_ago(door, days, *, word, code="mairie", **more):
    """A story of some days ago that only this test's word finds."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    return request_ids(await door.tell(structure_codes=[code], submitted_at=at, story=f"Essai {word}.", **more))[0]


async def test_list_marks_in_words_what_is_late_and_stands_it_first(door):
    agent = await agent_of(door)
    soon, late, undated = [
        await told_ago(door, days, word="ardoise", code=code)
        for days, code in ((2, "mairie"), (18, "mairie"), (1, "guichet"))
    ]
    page = await agent.get("/espace/demandes", params={"q": "ardoise"})

    assert ids_on(page) == [late, soon, undated]
    assert "En retard de 3 jours" in words(page)
    assert re.search(r"À répondre dans \d+ jours ouvrés", words(page))
    assert "Sans date annoncée" in words(page)
    assert ids_on(await agent.get("/espace/demandes", params={"q": "ardoise", "vue": "retard"})) == [late]


async def test_each_filter_narrows_the_list_and_its_counts(door):
    agent = await agent_of(door)
    angry = await told_ago(door, 20, word="bouleau", sentiment="negative", channels=["phone"])
    happy = await told_ago(door, 3, word="bouleau", sentiment="positive", channels=["desk"], code="guichet")
    day = (datetime.now(UTC) - timedelta(days=10)).date().isoformat()
    for filters, wanted in (
        ({"ressenti": "negative"}, {angry}),
        ({"canal": "desk"}, {happy}),
        ({"lieu": "bourg"}, {angry}),
        ({"lieu": "direction regionale"}, {angry, happy}),
        ({"lieu": "guichet"}, {happy}),
        ({"lieu": "nulle part"}, set()),
        ({"du": day}, {happy}),
        ({"au": day}, {angry}),
        ({"ressenti": "furieux", "vue": "ailleurs", "apres": "x"}, {angry, happy}),
    ):
        page = await agent.get("/espace/demandes", params={"q": "bouleau"} | filters)
        assert set(ids_on(page)) == wanted, filters
        assert f"En attente : {len(wanted)}" in words(page), filters
        assert f"En retard : {len(wanted & {angry})}" in words(page), filters
    wrong = await agent.get("/espace/demandes", params={"q": "bouleau", "du": "hier"})
    assert "Cette date n’existe pas" in words(wrong)


async def test_answered_requests_are_read_latest_first_and_counted(door):
    agent = await agent_of(door)
    first, second = [await told_ago(door, days, word="cerise") for days in (5, 40)]
    now = datetime.now(UTC)
    for request_id, days in ((first, 4), (second, 1)):
        answered = await door.answer(
            request_id, outcome="answered", answered_at=(now - timedelta(days=days)).isoformat()
        )
        assert answered.status_code == 200
    page = await agent.get("/espace/demandes", params={"q": "cerise", "vue": "repondues"})

    assert ids_on(page) == [second, first]
    assert "Répondues en 30 jours : 2" in words(page)


async def test_pages_skip_and_repeat_nothing_while_requests_come_and_go(door):
    agent = await agent_of(door)
    wanted = [await told_ago(door, 10 + number % 5, word="datura") for number in range(55)]
    seen: list[str] = []
    path = "/espace/demandes?q=datura"
    while path:
        page = await agent.get(path)
        seen += ids_on(page)
        await told_ago(door, 14, word="datura")
        await door.answer(seen[0], outcome="answered")
        link = re.search(r'<a class="button" href="([^"]*apres=[^"]*)">', page.text)
        path = html.unescape(link[1]) if link else ""

    assert len(seen) == len(set(seen))
    assert set(wanted) <= set(seen)


async def test_list_holds_ones_own_part_of_the_tree_and_nothing_else(door):
    theirs = await told_ago(door, 1, word="erable", code="autre")
    ours = await told_ago(door, 1, word="erable", code="guichet")

    for structure, wanted in (("racine", {ours}), ("autre", {theirs}), ("mairie", set()), ("*", {ours, theirs})):
        page = await (await agent_of(door, structure)).get("/espace/demandes", params={"q": "erable"})
        assert set(ids_on(page)) == wanted, structure
    elsewhere = await (await agent_of(door, "mairie")).get("/espace/demandes", params={"lieu": "prefecture"})
    assert "Aucun service de votre périmètre ne correspond" in words(elsewhere)


@pytest.mark.parametrize("role", ["moderator", "administrator"])
async def test_other_roles_see_no_desk(door, role):
    person = await sign_in(door.http, door.dsn, role, "racine")
    for path in ("/espace/demandes", "/espace/modeles", "/espace/proposition"):
        assert (await person.get(path)).status_code == 403, path
    nobody = await door.http.get("/espace/demandes?q=x")
    assert nobody.headers["location"].startswith("/connexion?suite=")
