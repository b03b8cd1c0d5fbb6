"""Which keys and sources an administrator sees and may change: those of their own part of the tree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_feedback.access import WHOLE_SOURCE, ListedKey, find_key, list_keys
from spplus_feedback.accounts.choosing import chosen_structure
from spplus_feedback.accounts.people import Person
from spplus_feedback.accounts.reach import Reach, reach_of
from spplus_feedback.accounts.roles import EVERYTHING, Action
from spplus_feedback.acts import by_account
from spplus_feedback.deadlines import paris_day
from spplus_feedback.gate_rules import Source
from spplus_feedback.sources import sources
from spplus_feedback.structures import folded

_MOST_NAMED: Final = 5
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator with what lies in their reach."""

    person: Person
    reach: Reach
    sources: dict[str, Source]
    """The whole register: what is out of reach must not be taken for free."""

    @property
    def actor(self) -> str:
        """Who stands in the trail."""
        return by_account(self.person.account_id)

    def owns(self, source: Source) -> bool:
        """Whether all that the source speaks for lies within."""
        return all(self.reach.holds(code) for code in source.structure_codes)

    def sees(self, source: Source) -> bool:
        """Whether some of it does."""
        return any(self.reach.holds(code) for code in source.structure_codes)

    def owned(self) -> list[Source]:
        """The sources in force that keys may be made for."""
        return [source for source in self.sources.values() if source.active and self.owns(source)]

    def holds_key(self, key: ListedKey) -> bool:
        """Whether the key is for this part of the tree only."""
        source = None if key.source is None else self.sources.get(key.source)
        if key.structure_code == WHOLE_SOURCE:
            return source is not None and self.owns(source)
        return self.reach.holds(key.structure_code)


async def office_of(connection: Connection, person: Person, action: Action, now: datetime) -> Office:
    """What somebody may administer."""
    reach = await reach_of(connection, person, action, on=paris_day(now))
    return Office(person, reach, {source.code: source for source in await sources(connection)})


async def meant(connection: Connection, office: Office, typed: str) -> tuple[str | None, str]:
    """The structure of one's part that somebody typed by its code or its very name; else what to tell them."""
    choice = await chosen_structure(connection, office.reach, typed)
    if choice.code is not None and choice.code != EVERYTHING:
        return choice.code, ""
    named = [code for code, name in choice.found if folded(name) == folded(typed)]
    if len(named) == 1:
        return named[0], ""
    near = " ; ".join(f"{name} : {code}" for code, name in choice.found[:_MOST_NAMED])
    if near:
        return None, f"Écrivez le code du service parmi ceux-ci. {near}."
    return None, "Aucun service de votre périmètre ne porte ce nom ou ce code."


async def keys_of(connection: Connection, office: Office) -> list[ListedKey]:
    """The keys of one's part, those in force first, the newest first."""
    found = [key for key in await list_keys(connection) if office.holds_key(key)]
    return sorted(found, key=lambda key: (not key.in_force, -key.id))


async def seen_key(connection: Connection, office: Office, key_id: int) -> ListedKey:
    """A key of one's part. Raises `Problem` 404 for any other."""
    key = await find_key(connection, key_id)
    if key is None or not office.holds_key(key):
        raise Problem(404)
    return key


def seen_source(office: Office, code: str) -> Source:
    """A source of which some lies within one's part. Raises `Problem` 404 for any other."""
    source = office.sources.get(code)
    if source is None or not office.sees(source):
        raise Problem(404)
    return source


def owned_source(office: Office, code: str) -> Source:
    """A source that one may change. Raises `Problem` 404 or 403."""
    source = seen_source(office, code)
    if not office.owns(source):
        raise Problem(403)
    return source
