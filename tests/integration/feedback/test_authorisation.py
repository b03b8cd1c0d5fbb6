"""Who may do what, where: every route, every role, every place of the tree, cell by cell.

A route that nobody has placed in these tables fails the first test. What belongs to another part of the tree answers
exactly like what does not exist, so that an id that was guessed tells nothing.
"""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from spplus_feedback.access import Scope, create_key
from spplus_feedback.accounts.roles import ALLOWED, EVERYTHING, Action, Role
from spplus_feedback.app import build
from spplus_feedback.gate_rules import Source
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.sources import save_source
from spplus_feedback.structures_repository import declare_structures
from tests.support.intake import a_structure
from tests.support.people import SignedIn, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

OWN, CHILD, SIBLING, PARENT, OTHER = "guichet", "annexe", "mairie", "racine", "autre"
PLACES = (OWN, CHILD, SIBLING, PARENT, OTHER)
INSIDE = {OWN: {OWN, CHILD}, EVERYTHING: set(PLACES)}
NOWHERE = "nowhere"

PUBLIC = {
    *("GET /", "GET /openapi.json", "GET /livez", "GET /readyz", "GET /metrics"),
    *("GET /asyncapi", "GET /asyncapi.json", "GET /openapi", "GET /.well-known/jwks.json"),
    *("GET /partager", "POST /partager", "GET /suivi", "POST /suivi", "GET /suivi/{code}", "POST /suivi/retrait"),
    *("POST /v1/feedback", "GET /v1/feedback/{code}", "DELETE /v1/feedback/{code}", "GET /v1/structures"),
    *("GET /v1/experiences", "GET /v1/experiences/moderation", "GET /v1/experiences/{experience_id}"),
    *("GET /experiences", "GET /experiences.atom", "GET /experiences.csv", "GET /experiences/moderation"),
    *("GET /experiences/{experience_id}", "GET /connexion", "POST /connexion"),
    *("GET /accessibilite", "GET /confidentialite", "POST /suivi/copie", "GET /v1/feedback/{code}/export"),
}
"""For everybody."""
OF_ONESELF = {
    *("GET /espace", "GET /espace/mon-compte", "GET /espace/mot-de-passe", "POST /espace/mot-de-passe"),
    "POST /deconnexion",
}
"""For whoever is signed in, about nobody else."""
BY_EVENT = {"POST /v1/events"}
"""Judged event by event; tested with the gate."""


@dataclass(frozen=True)
class Row:
    """One action at one route."""

    route: str
    right: Action | Scope
    fields: dict[str, Any] = field(default_factory=dict)
    """What is sent; `<place>` stands for the place of what it is about."""

    creates: bool = False
    """Whether an id that does not exist is a new one."""

    @property
    def targeted(self) -> bool:
        """Whether it is about something at a place."""
        return "{" in self.route or "<place>" in self.fields.values()

    @property
    def changes(self) -> bool:
        """Whether something is different afterwards."""
        return self.route.startswith("POST")


REQUEST = "/espace/demandes/{request_id}"
STORY = "/espace/moderation/{feedback_id}"
ACCOUNT = "/espace/comptes/{account_id}"
TEMPLATE = "/espace/modeles/{template_id}"
KEY = "/espace/cles/{key_id}"
SOURCE = "/espace/sources/{code}"
WORDS = {"nom": "Accueil", "texte": "Bonjour.", "structure": OWN, "version": "0"}
PROPOSAL = {"structure": "<place>", "suggestion": "Une horloge.", "nonce": "pas un nonce"}
ANSWER = {"outcome": "answered", "text": "Merci de votre retour."}
TABLE = (
    Row("GET /espace/demandes", Action.READ_REQUESTS),
    Row(f"GET {REQUEST}", Action.READ_REQUESTS),
    Row(f"POST {REQUEST}/reponse", Action.ANSWER_REQUESTS, {"geste": "brouillon", "texte": "Un brouillon."}),
    Row(f"GET {REQUEST}/reception", Action.ANSWER_REQUESTS),
    Row(f"POST {REQUEST}/reception", Action.ANSWER_REQUESTS, {"nonce": str(uuid.uuid4())}),
    Row(f"GET {REQUEST}/delai", Action.ANSWER_REQUESTS),
    Row(f"POST {REQUEST}/delai", Action.ANSWER_REQUESTS, {"date": "2030-01-01", "nonce": str(uuid.uuid4())}),
    Row(f"GET {REQUEST}/cloture", Action.ANSWER_REQUESTS),
    Row(f"POST {REQUEST}/cloture", Action.ANSWER_REQUESTS, {"nonce": str(uuid.uuid4())}),
    Row(f"GET {REQUEST}/transmettre", Action.ROUTE_REQUESTS),
    Row(f"POST {REQUEST}/transmettre", Action.ROUTE_REQUESTS, {"vers": OTHER, "nonce": str(uuid.uuid4())}),
    Row("GET /espace/modeles", Action.EDIT_TEMPLATES),
    Row("GET /espace/modeles/nouveau", Action.EDIT_TEMPLATES),
    Row(f"GET {TEMPLATE}", Action.EDIT_TEMPLATES),
    Row(f"POST {TEMPLATE}", Action.EDIT_TEMPLATES, WORDS, creates=True),
    Row(f"POST {TEMPLATE}/suppression", Action.EDIT_TEMPLATES, {"confirme": "oui"}),
    Row("GET /espace/proposition", Action.PROPOSE, {"structure": "<place>"}),
    Row("POST /espace/proposition", Action.PROPOSE, PROPOSAL),
    Row("GET /espace/moderation", Action.MODERATE),
    Row("GET /espace/moderation/retenues", Action.MODERATE),
    Row("GET /espace/moderation/decisions", Action.MODERATE),
    Row(f"GET {STORY}", Action.MODERATE),
    Row(f"POST {STORY}", Action.MODERATE, {"version": "0", "faire": "rejeter", "motif": "personal_data"}),
    Row("GET /espace/comptes", Action.MANAGE_ACCOUNTS),
    Row("GET /espace/comptes/nouveau", Action.MANAGE_ACCOUNTS),
    Row("POST /espace/comptes", Action.MANAGE_ACCOUNTS),
    Row(f"GET {ACCOUNT}", Action.MANAGE_ACCOUNTS),
    Row(f"POST {ACCOUNT}/role", Action.MANAGE_ACCOUNTS, {"role": "agent", "structure": OWN}),
    Row(f"POST {ACCOUNT}/role/retrait", Action.MANAGE_ACCOUNTS, {"role": "agent", "structure": "<place>"}),
    Row(f"POST {ACCOUNT}/mot-de-passe", Action.MANAGE_ACCOUNTS),
    Row(f"POST {ACCOUNT}/invitation", Action.MANAGE_ACCOUNTS),
    Row(f"POST {ACCOUNT}/fermeture", Action.MANAGE_ACCOUNTS, {"confirme": "oui"}),
    Row("GET /espace/cles", Action.MANAGE_KEYS),
    Row("GET /espace/cles/nouvelle", Action.MANAGE_KEYS),
    Row("POST /espace/cles", Action.MANAGE_KEYS),
    Row(f"GET {KEY}", Action.MANAGE_KEYS),
    Row(f"POST {KEY}/remplacement", Action.MANAGE_KEYS),
    Row(f"POST {KEY}/revocation", Action.MANAGE_KEYS, {"confirme": "oui"}),
    Row("GET /espace/sources", Action.MANAGE_SOURCES),
    Row("GET /espace/sources/nouvelle", Action.MANAGE_SOURCES),
    Row("POST /espace/sources", Action.MANAGE_SOURCES),
    Row(f"GET {SOURCE}", Action.MANAGE_SOURCES),
    Row(f"GET {SOURCE}/droits", Action.MANAGE_SOURCES),
    Row(f"POST {SOURCE}", Action.MANAGE_SOURCES),
    Row(f"POST {SOURCE}/retrait", Action.MANAGE_SOURCES, {"confirme": "oui"}),
    Row("GET /espace/journal", Action.READ_TRAIL),
    Row("GET /v1/requests", Scope.READ_REQUESTS),
    Row("POST /v1/requests/{request_id}/answer", Scope.ANSWER_REQUESTS, ANSWER),
    Row("GET /v1/moderation", Scope.MODERATE_STORIES),
    Row(
        "POST /v1/moderation/{feedback_id}",
        Scope.MODERATE_STORIES,
        {"decision": "reject", "version": 0, "reason": "personal_data"},
    ),
)


@dataclass
class Everybody:
    """Who there is, and what there is for them to reach for."""

    door: Any
    people: dict[tuple[Role | None, str], SignedIn]
    keys: dict[tuple[Scope, str], str]
    untouched: dict[str, dict[str, str]] = field(default_factory=dict)

    async def target(self, place: str, *, fresh: bool) -> dict[str, str]:
        """A request, its story and an account at a place; ids of nothing for `NOWHERE`."""
        if place == NOWHERE:
            ids = {name: str(uuid.uuid4()) for name in ("request_id", "feedback_id", "account_id", "template_id")}
            return ids | {"key_id": "999999999", "code": f"s{uuid.uuid4().hex}"}
        if not fresh and place in self.untouched:
            return self.untouched[place]
        told = await self.door.tell(structure_codes=[place], story=f"Une histoire, la {uuid.uuid4().hex}.")
        account = await sign_in(self.door.http, self.door.dsn, Role.AGENT, place)
        ids = {"request_id": told["requests"][0]["request_id"], "account_id": account.account_id}
        [row] = await self.door.fetch("SELECT feedback_id::text FROM requests WHERE request_id = $1", ids["request_id"])
        ids |= {"feedback_id": row["feedback_id"], **await self._office(place)}
        if not fresh:
            self.untouched[place] = ids
        return ids

    async def _office(self, place: str) -> dict[str, str]:
        """A reply template, a key and a source at a place."""
        code, template_id = f"s{uuid.uuid4().hex}", str(uuid.uuid4())
        connection = await asyncpg.connect(self.door.dsn)
        try:
            await save_source(connection, Source(code, "Un système", structure_codes=frozenset({place})))
            await create_key(connection, name=code, scopes=[Scope.READ_REQUESTS], structure_code=place)
            key_id = await connection.fetchval("SELECT id FROM api_keys WHERE name = $1", code)
            await connection.execute(
                "INSERT INTO reply_templates VALUES ($1::uuid, $2, $3, 'Bonjour.', 1, now())", template_id, place, code
            )
        finally:
            await connection.close()
        return {"code": code, "key_id": str(key_id), "template_id": template_id}

    async def send(self, row: Row, who: SignedIn | str | None, place: str, *, fresh: bool = False) -> tuple[int, str]:
        """Status, and what else the answer tells, without what is different each time."""
        method, path = row.route.split(" ")
        path = path.format(**await self.target(place, fresh=fresh)) if row.targeted else path
        fields = {name: place if value == "<place>" else value for name, value in row.fields.items()}
        headers = who.headers if isinstance(who, SignedIn) else {"Authorization": f"Bearer {who}"} if who else {}
        form = {"csrf": who.csrf} if isinstance(who, SignedIn) else {}
        body = {"json": fields} if isinstance(row.right, Scope) else {"data": form | fields}
        sent = body if method == "POST" else {"params": fields}
        answer = await self.door.http.request(method, path, headers=headers, **sent)
        told = answer.headers.get("location", "").partition("?")[0] if answer.is_redirect else answer.text
        return answer.status_code, re.sub(r' value="[^"]*"|"instance":"[^"]*"', "", told)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everybody(door):
    connection = await asyncpg.connect(door.dsn)
    try:
        async with connection.transaction():
            child = a_structure(CHILD, "Annexe du centre", parent=OWN)
            await declare_structures(connection, [child], now=datetime.now(UTC))
        keys = {
            (scope, code): await create_key(connection, name="k", scopes=[scope], structure_code=code)
            for scope in Scope
            if not scope.value.startswith("events:")
            for code in (OWN, PARENT)
        }
    finally:
        await connection.close()
    people = {
        (role, place): await sign_in(door.http, door.dsn, role, place) for role in Role for place in (OWN, EVERYTHING)
    }
    people[(None, "")] = await sign_in(door.http, door.dsn, None, "")
    return Everybody(door, people, keys)


def routes_of(router, prefix=""):
    for route in router.routes:
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            yield from (f"{method} {prefix}{route.path}" for method in route.methods - {"HEAD"})


def let_in(told: tuple[int, str]) -> bool:
    """Whether somebody was let in: what was sent may be wanting all the same."""
    status, text = told
    return status not in {401, 403, 404, 429} and status < 500 and not (status == 303 and text == "/connexion")


ROUTES = set(routes_of(build(FeedbackSettings(database_url="postgresql://nobody@127.0.0.1:1/x", _env_file=None)).app))
PAGES = [row for row in TABLE if isinstance(row.right, Action) and row.route in ROUTES]
DOORS = [row for row in TABLE if isinstance(row.right, Scope) and row.route in ROUTES]


async def test_every_route_has_its_place_in_these_tables():
    placed = PUBLIC | OF_ONESELF | BY_EVENT | {row.route for row in TABLE}
    sheets = {route for route in ROUTES if route.startswith("GET /static/")}
    assert ROUTES - placed - sheets == set(), "say in this file who may use it"


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.route)
async def test_page_by_role_and_place(everybody, row):
    places = (*PLACES, NOWHERE) if row.targeted else (NOWHERE,)
    wrong = []
    for place in places:
        stranger = await everybody.send(row, None, place)
        if stranger != (303, "/connexion"):
            wrong.append(("nobody", place, stranger))
    for (role, part), person in everybody.people.items():
        unknown = await everybody.send(row, person, NOWHERE)
        for place in places:
            allowed = role is not None and row.right in ALLOWED[role]
            outside = row.targeted and place not in INSIDE.get(part, ()) and not (place == NOWHERE and row.creates)
            told = await everybody.send(row, person, place, fresh=allowed and not outside and row.changes)
            if not allowed:
                right = told[0] == 403
            elif outside:
                right = told[0] == 404 and (row.creates or told == unknown)
            else:
                right = let_in(told)
            if not right:
                wrong.append((role, part, place, told[0], told[1][:200]))
    assert wrong == []


@pytest.mark.parametrize("row", DOORS, ids=lambda row: row.route)
async def test_door_by_scope_and_place(everybody, row):
    places = (*PLACES, NOWHERE) if row.targeted else (NOWHERE,)
    wrong = []
    for place in places:
        for who in (None, "spplus_inconnue", everybody.people[(Role.AGENT, EVERYTHING)]):
            told = await everybody.send(row, who, place)
            if told[0] != 401:
                wrong.append((str(who)[:10], place, told))
    for (scope, part), key in everybody.keys.items():
        unknown = await everybody.send(row, key, NOWHERE)
        inside = INSIDE[OWN] if part == OWN else {OWN, CHILD, SIBLING, PARENT}
        for place in places:
            allowed, outside = scope is row.right, row.targeted and place not in inside
            told = await everybody.send(row, key, place, fresh=allowed and not outside and row.changes)
            if not allowed:
                right = told[0] == 403
            elif outside:
                right = told[0] == 404 and told == unknown
            else:
                right = let_in(told)
            if not right:
                wrong.append((scope, part, place, told[0], told[1][:200]))
    assert wrong == []


FORMS = [row for row in PAGES if row.route.startswith("POST")]


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.route)
async def test_form_without_the_word_of_the_session_or_from_another_site_is_refused(door, everybody, row):
    role = next(role for role in Role if row.right in ALLOWED[role])
    person = everybody.people[(role, EVERYTHING)]
    path = row.route.split(" ")[1].format(**await everybody.target(OWN, fresh=False))
    for word, headers in (
        ("", {}),
        (everybody.people[(None, "")].csrf, {}),
        (person.csrf, {"Sec-Fetch-Site": "cross-site"}),
        (person.csrf, {"Origin": "https://ailleurs.example"}),
    ):
        answer = await door.http.post(path, data={"csrf": word} | row.fields, headers=person.headers | headers)
        assert answer.status_code == 403, (word, headers)


@pytest.mark.parametrize("route", sorted(OF_ONESELF))
async def test_page_about_oneself_is_for_whoever_is_signed_in(door, everybody, route):
    row = Row(route, Action.READ_REQUESTS)
    assert await everybody.send(row, None, NOWHERE) == (303, "/connexion")
    for role in (None, *Role):
        person = await sign_in(door.http, door.dsn, role, OWN)
        assert let_in(await everybody.send(row, person, NOWHERE))


LISTS = {
    "/espace/demandes": Role.AGENT,
    "/espace/moderation": Role.MODERATOR,
    "/v1/requests": Scope.READ_REQUESTS,
    "/v1/moderation": Scope.MODERATE_STORIES,
}


@pytest.mark.parametrize("path", LISTS)
async def test_list_shows_ones_part_of_the_tree_and_nothing_else(door, everybody, path):
    marks = {place: f"Titre{uuid.uuid4().hex}" for place in PLACES}
    await door.fetch("UPDATE feedbacks SET held_at = now()")  # out of the way
    for place, mark in marks.items():
        await door.tell(structure_codes=[place], title=mark, story=f"Une histoire, la {mark}.")
    who = LISTS[path]
    if isinstance(who, Role):
        shown = {part: (await everybody.people[(who, part)].get(path)).text for part in INSIDE}
    else:
        headers = {"Authorization": f"Bearer {everybody.keys[(who, OWN)]}"}
        shown = {OWN: (await door.http.get(path, headers=headers)).text}
    for part, text in shown.items():
        assert {place for place, mark in marks.items() if mark in text} == INSIDE[part]


async def test_list_of_accounts_shows_ones_part_of_the_tree_and_nothing_else(door, everybody):
    names = {place: f"Nom {uuid.uuid4().hex}" for place in PLACES}
    for place, name in names.items():
        await sign_in(door.http, door.dsn, Role.AGENT, place, name=name)
    for part, inside in INSIDE.items():
        text = (await everybody.people[(Role.ADMINISTRATOR, part)].get("/espace/comptes?q=nom")).text
        assert {place for place, name in names.items() if name in text} == inside


async def test_roles_share_no_action_and_leave_none_out():
    assert sorted(action for actions in ALLOWED.values() for action in actions) == sorted(Action)
