"""The audit trail as an administrator reads it: all of one's own part of the tree, nothing of another."""

import re
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from spplus_feedback import acts
from spplus_feedback.accounts.trail_words import ACTIONS
from tests.support.people import sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def record(door, **fields):
    connection = await asyncpg.connect(door.dsn)
    try:
        defaults = {"actor": acts.PLATFORM, "action": acts.Action.STORY_READ, "at": datetime.now(UTC)}
        await acts.record(connection, acts.Act(**defaults | fields))
    finally:
        await connection.close()


async def lines_of(person, **filters):
    page = await person.get("/espace/journal", params=filters)
    assert page.status_code == 200, page.text
    return re.findall(r"<tr>\s*<td class=\"when\">.*?</tr>", page.text, re.DOTALL)


async def test_acts_of_another_part_of_the_tree_are_not_shown(door):
    inside = await sign_in(door.http, door.dsn, "agent", "guichet", name="Inès Dedans")
    outside = await sign_in(door.http, door.dsn, "agent", "autre", name="Omar Dehors")
    stories = {code: (await door.tell(structure_codes=[code])) for code in ("guichet", "autre")}
    for code, story in stories.items():
        [row] = await door.fetch(
            "SELECT feedback_id::text FROM requests WHERE request_id = $1::uuid", story["requests"][0]["request_id"]
        )
        await record(door, feedback_id=row["feedback_id"], actor=f"account:{inside.account_id}", detail={"code": code})
    await record(door, action=acts.Action.SOURCE_SAVED, subject="inconnue", detail={"code": "source-ailleurs"})
    await record(door, action=acts.Action.TEMPLATE_SAVED, detail={"structure": "autre"})
    await record(door, action=acts.Action.REQUEST_ANSWERED, detail={"holder": "mairie"})

    person = await sign_in(door.http, door.dsn, "administrator", "racine")
    text = "".join(await lines_of(person))
    assert "Inès Dedans" in text
    assert "code : guichet" in text
    assert "service : mairie" in text
    for hidden in ("Omar Dehors", "code : autre", "source-ailleurs", "service : autre"):
        assert hidden not in text
    assert await lines_of(person, compte=outside.account_id) == []
    assert len(await lines_of(person, compte=inside.account_id)) >= 2

    whole = await sign_in(door.http, door.dsn, "administrator", "*")
    text = "".join(await lines_of(whole))
    for shown in ("Inès Dedans", "Omar Dehors", "code : autre", "source-ailleurs"):
        assert shown in text


async def test_trail_is_filtered_and_paged_without_losing_a_line(door):
    person = await sign_in(door.http, door.dsn, "administrator", "*")
    marks = [uuid.uuid4().hex for _ in range(60)]
    for mark in marks:
        await record(door, action=acts.Action.RETENTION_RUN, detail={"mark": mark})
    first = await person.get("/espace/journal", params={"objet": "retention"})
    [onward] = re.findall(r'href="(/espace/journal\?[^"]*avant=\d+)"', first.text)
    second = await person.get(onward.replace("&amp;", "&"))
    found = re.findall(r"mark : (\w{32})", first.text + second.text)
    assert found == marks[::-1]
    assert await lines_of(person, objet="retention", du="2030-01-01") == []
    assert await lines_of(person, au="2015-01-01") == []


@pytest.mark.parametrize(
    "filters",
    [{"objet": "reine"}, {"du": "hier"}, {"au": "9999-12-31"}, {"compte": "x"}, {"avant": "-1"}, {"avant": "9" * 30}],
)
async def test_filter_that_cannot_be_understood_is_refused(door, filters):
    person = await sign_in(door.http, door.dsn, "administrator", "*")
    assert (await person.get("/espace/journal", params=filters)).status_code == 422


async def test_every_act_has_words():
    assert {action.value for action in acts.Action} <= set(ACTIONS)
