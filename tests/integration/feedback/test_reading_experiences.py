"""Filters, search, pages, feed, table and numbers of the published experiences."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import feedparser
import pytest

from spplus_feedback.exports.official import BYTE_ORDER_MARK
from spplus_feedback.official_columns import COLUMNS
from tests.support.intake import request_ids
from tests.support.publishing import publish, read, read_ids

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


def a_word():
    """A word that no other test uses."""
    return "mot" + uuid.uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop"))


async def a_published(door, *, at=None, **changes):
    told = await door.tell(**changes)
    return await publish(door, told, at=at), told


async def test_filters_leave_what_they_say(door):
    word = a_word()
    desk, answered_story = await a_published(door, story=word, sentiment="positive")
    town_hall, _ = await a_published(door, story=word, structure_codes=["mairie"], proposal=True)
    elsewhere, _ = await a_published(door, story=word, structure_codes=["autre", "mairie"])
    await door.answer(request_ids(answered_story)[0], outcome="answered", text="Merci.")

    async def found(**asked):
        return set(await read_ids(door, q=word, **asked))

    everything = {desk, town_hall, elsewhere}
    assert await found() == everything
    assert await found(structure="racine") == everything
    assert await found(structure="guichet") == {desk}
    assert await found(structure="mairie") == {town_hall, elsewhere}
    assert await found(network="Réseau des essais") == everything
    assert await found(network="Un autre réseau") == set()
    assert await found(sentiment="positive") == {desk}
    assert await found(answered="true") == {desk}
    assert await found(answered="false") == {town_hall, elsewhere}
    assert await found(answered="true", structure="mairie") == set()
    assert await found(proposal="true") == {town_hall}
    assert await found(proposal="false", structure="racine", sentiment="negative") == {elsewhere}


async def test_period_holds_its_first_and_last_day_in_paris(door):
    word = a_word()
    last_minute, _ = await a_published(door, story=word, at=datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC))
    midnight, _ = await a_published(door, story=word, at=datetime(2026, 3, 1, 23, 0, tzinfo=UTC))
    assert await read_ids(door, q=word, to="2026-03-01") == [last_minute]
    assert await read_ids(door, q=word, **{"from": "2026-03-02"}, to="2026-03-02") == [midnight]
    assert await read_ids(door, q=word, **{"from": "2026-03-01"}) == [midnight, last_minute]


async def test_words_are_found_without_accents_in_any_inflection(door):
    word = a_word()
    one, _ = await a_published(door, title=f"Élèves {word}", story="Des files d'attente interminables à l'école.")
    for asked in (
        "eleve attente",
        "ÉLÈVE",
        '"files d\'attente"',
        "ecole",
        "introuvable or eleve",
        "interminable -mairie",
    ):
        assert await read_ids(door, q=f"{word} {asked}" if " or " not in asked else asked) == [one], asked
    for asked in ("élève -attente", '"attente files"', "mairie"):
        assert await read_ids(door, q=f"{word} {asked}") == [], asked
    assert await read_ids(door, q="de la") == [], "words that stand in every text find none"
    assert await read_ids(door, q="!&|():*<->\\'\"") == []


async def test_passage_shows_the_words_found_and_no_markup(door):
    word = a_word()
    story = f"<script>alert(1)</script> {word} \x02& <b>fin</b>"
    public_id, told = await a_published(door, story="x", title=word)
    await door.fetch("UPDATE feedbacks SET public_story = $2 WHERE feedback_id = $1::uuid", told["feedback_id"], story)
    [item] = (await read(door, q=word))["items"]
    assert [piece["text"] for piece in item["passages"] if piece["found"]] == [word, word]
    page = (await door.http.get("/experiences", params={"q": word})).text
    assert page.count(f"<mark>{word}</mark>") == 2
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert public_id in page


async def test_pages_skip_and_repeat_nothing_while_stories_are_published(door):
    word = a_word()
    start = datetime.now(UTC) - timedelta(days=30)
    before = [(await a_published(door, story=word, at=start + timedelta(hours=n // 3)))[0] for n in range(9)]
    seen, cursor, turns = [], None, 0
    while cursor is not None or turns == 0:
        page = await read(door, q=word, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor, turns = page["next"], turns + 1
        await a_published(door, story=word)
    assert sorted(seen) == sorted(before)
    assert turns == 5
    assert len(await read_ids(door, q=word)) == 14


async def test_page_ends_on_a_story_that_is_taken_back_and_the_next_one_goes_on(door):
    word = a_word()
    start = datetime.now(UTC) - timedelta(days=30)
    told = [await a_published(door, story=word, at=start + timedelta(hours=n)) for n in range(4)]
    newest = [public_id for public_id, _ in reversed(told)]
    page = await read(door, q=word, limit=2)
    await door.http.delete(f"/v1/feedback/{told[2][1]['code']}")
    assert [item["id"] for item in page["items"]] == newest[:2]
    assert await read_ids(door, q=word, cursor=page["next"]) == newest[2:]


@pytest.mark.parametrize("path", ["/v1/experiences", "/experiences", "/experiences.atom", "/v1/experiences/moderation"])
async def test_reader_who_has_it_already_gets_no_body(door, path):
    word = a_word()
    public_id, told = await a_published(door, story=word)
    asked = {} if path.endswith("moderation") else {"q": word}
    first = await door.http.get(path, params=asked)
    assert first.headers["cache-control"] == "public, max-age=60"
    again = await door.http.get(path, params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    if asked:
        await door.http.delete(f"/v1/feedback/{told['code']}")
        anew = await door.http.get(path, params=asked, headers={"If-None-Match": first.headers["etag"]})
        assert anew.status_code == 200
        assert public_id not in anew.text


@pytest.mark.parametrize("path", ["/v1/experiences", "/experiences", "/experiences.atom", "/experiences.csv"])
@pytest.mark.parametrize("asked", ["sort=old", "structure=nowhere", "q=%00", "cursor=x", "sentiment=happy"])
async def test_what_is_not_understood_is_refused(door, path, asked):
    assert (await door.http.get(f"{path}?{asked}")).status_code == 422


async def test_wrong_date_is_named_on_the_page_and_what_was_chosen_is_kept(door):
    page = await door.http.get("/experiences", params={"q": "école", "from": "2026-13-01", "to": ""})
    assert page.status_code == 422
    assert "La date de début n’est pas une date" in page.text
    assert 'value="école"' in page.text


async def test_service_is_chosen_by_its_name(door):
    page = await door.http.get("/experiences", params={"service": "mairie bourg", "sentiment": "negative"})
    assert '<a href="/experiences?sentiment=negative&amp;structure=mairie">Mairie de Bourg' in page.text
    chosen = await door.http.get("/experiences", params={"sentiment": "negative", "structure": "mairie"})
    assert "Mairie de Bourg</strong> et tout ce qui en dépend" in chosen.text


async def test_feed_holds_what_the_filters_leave(door):
    word = a_word()
    public_id, _ = await a_published(door, title=f"Titre {word}", story=word)
    await a_published(door, story=word, sentiment="positive")
    answer = await door.http.get("/experiences.atom", params={"q": word, "sentiment": "negative"})
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert [entry.id for entry in parsed.entries] == [f"urn:uuid:{public_id}"]


async def test_table_holds_the_official_columns_and_runs_no_formula(door):
    word = a_word()
    public_id, told = await a_published(
        door,
        title="=2+3",
        story=f"Ligne 1 ; {word}\nLigne « 2 »",
        channels=["desk", "chat"],
        dimensions={"relation": "positive", "simplicity": "negative"},
        structure_codes=["guichet", "mairie"],
    )
    await a_published(door, story="autre chose")
    await door.answer(request_ids(told)[0], outcome="answered", text="@SUM(A1) merci")

    answer = await door.http.get("/experiences.csv", params={"q": word})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK)), delimiter=";"))
    assert tuple(rows[0]) == COLUMNS
    [row] = rows
    today = row["Écrit le"]
    assert {name: text for name, text in row.items() if text} == {
        "ID expérience": public_id,
        "Etat expérience": "Traitée",
        "Écrit le": today,
        "Date de publication": today,
        "Date de premiere réponse": today,
        "Titre": "'=2+3",
        "Description": f"Ligne 1 ; {word}\nLigne « 2 »",
        "Ressenti usager": "Négatif",
        "Relation": "Positif",
        "Simplicité/Complexité": "Négatif",
        "Intitulé structure 1": "Centre des impôts de Saint-Étienne",
        "Canaux Typologie 1": "Tchat (messagerie instantanée),Accueil,",
        "Réponse structure 1": "'@SUM(A1) merci",
        "Statut réponse structure 1": "Répondu",
        "Intitulé structure 2": "Mairie de Bourg",
        "Canaux Typologie 2": "Tchat (messagerie instantanée),Accueil,",
    }
    raw = await door.http.get("/experiences.csv", params={"q": word, "raw": "true"})
    assert '"=2+3"' in raw.text


async def test_table_has_no_last_page(door, monkeypatch):
    monkeypatch.setattr("spplus_feedback.experiences.pages._WRITTEN", 2)
    word = a_word()
    at = datetime.now(UTC)
    told = [(await a_published(door, story=word, at=at))[0] for _ in range(5)]
    answer = await door.http.get("/experiences.csv", params={"q": word})
    rows = csv.DictReader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK)), delimiter=";")
    assert sorted(row["ID expérience"] for row in rows) == sorted(told)
