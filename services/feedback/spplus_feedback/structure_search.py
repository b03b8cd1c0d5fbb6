"""Finding a structure by what a person types: words of its names, town, post code or network.

Three tries, each only where the one before found nothing: words as typed or begun; the names that people say instead
of the official ones; slips of the pen. Where even then no structure holds every word, those that hold most are near.
"""

import re
from dataclasses import dataclass
from typing import Final

from spplus_chassis.database import Connection
from spplus_feedback.structures import folded

_SILENT: Final = frozenset(
    ("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour", "sur")
)
_LEAST_LETTERS: Final = 2
_MOST_WORDS: Final = 8
_LONGEST_WORD: Final = 40
_SAID_INSTEAD: Final = {
    "caisse allocations familiales": "caf",
    "allocations familiales": "caf",
    "caisse primaire assurance maladie": "cpam",
    "assurance maladie": "cpam",
    "securite sociale": "cpam",
    "secu": "cpam",
    "france travail": "pole emploi",
    "tresor public": "tresorerie",
    "st": "saint",
    "ste": "sainte",
}
"""What people say, and the word under which the official list has it."""

_WANTED: Final = """
WITH wanted AS (
    SELECT
        place, word,
        CASE WHEN word ~ '[0-9]' OR length(word) < 3 THEN 0 WHEN length(word) < 6 THEN 1 ELSE 2 END AS slips
    FROM unnest($1::text[]) WITH ORDINALITY AS told (word, place)
)
"""
_BEGUN: Final = """
SELECT wanted.place, known.word, CASE WHEN known.word = wanted.word THEN 1.0 ELSE 0.8 END AS weight
FROM wanted INNER JOIN search_words AS known
    ON known.word >= wanted.word COLLATE "C" AND known.word < (wanted.word || '~') COLLATE "C"
WHERE known.word = wanted.word OR length(wanted.word) > 2 OR wanted.word ~ '^[0-9]+$'
"""
"""Two letters begin half of all words, so they stand for themselves; two figures are a department."""
_SPELT_ALIKE: Final = """
UNION ALL
SELECT
    wanted.place, known.word,
    CASE WHEN translate(known.word, 'ykqzh', 'iccs') = translate(wanted.word, 'ykqzh', 'iccs') THEN 0.6
         ELSE 0.6 - 0.15 * levenshtein(known.word, wanted.word) END
FROM wanted INNER JOIN search_words AS known
    ON length(known.word) BETWEEN length(wanted.word) - wanted.slips AND length(wanted.word) + wanted.slips
    AND levenshtein_less_equal(known.word, wanted.word, wanted.slips) <= wanted.slips
WHERE wanted.slips > 0 AND known.word <> wanted.word AND known.word !~ '[0-9]'
UNION ALL
SELECT wanted.place, known.word, 0.5
FROM wanted INNER JOIN search_words AS known ON strpos(known.word, wanted.word) > 1
WHERE wanted.slips > 0 AND length(wanted.word) >= 4
UNION ALL
SELECT wanted.place, known.word, 0.3
FROM wanted INNER JOIN search_words AS known
    ON known.word >= left(wanted.word, 2) AND known.word < left(wanted.word, 2) || '~'
WHERE wanted.word ~ '^[0-9]{5}$' AND known.word ~ '^[0-9]{5}$'
"""
"""One slip in words of three to five letters, two in longer ones, none in numbers; letters that sound alike are no
slip. Then words that are part of another one; for a post code, others of the same department."""

_FOUND: Final = """
WITH held AS (
    SELECT structure_words.structure_code AS code, hits.place, max(hits.weight) AS weight
    FROM unnest($1::bigint[], $2::text[], $3::float8[]) AS hits (place, word, weight)
    INNER JOIN structure_words ON structure_words.word = hits.word COLLATE "C"
    GROUP BY structure_words.structure_code, hits.place
),
weighed AS (
    SELECT code, weight, 1 / sqrt(count(*) OVER (PARTITION BY place)) AS rarity FROM held
),
scored AS (
    SELECT code, count(*) AS words, sum(weight) AS weight, sum(weight * rarity) AS worth
    FROM weighed GROUP BY code HAVING count(*) >= $5
)
SELECT
    structures.code, structures.name, structures.public_name, structures.network, structures.typology,
    structures.department, structures.post_code, structures.town, scored.words
FROM scored INNER JOIN structures USING (code)
WHERE structures.active
ORDER BY
    scored.words = $4 DESC, CASE WHEN scored.words = $4 THEN scored.weight ELSE scored.worth END DESC,
    length(structures.search), structures.code
LIMIT $6
"""
"""Apart from the words, so that the planner knows how many they are: in one statement it read every word of all."""


@dataclass(frozen=True, slots=True)
class FoundStructure:
    """What a person needs to recognise a structure."""

    code: str
    name: str
    public_name: str | None
    network: str
    typology: str | None
    department: str | None
    post_code: str | None
    town: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """Structures, best first."""

    structures: tuple[FoundStructure, ...] = ()
    near: bool = False
    """True where none holds every word that was asked for, not even with slips of the pen."""


def wanted_words(q: str) -> list[str]:
    """The words of a search that say something, each once."""
    words = [word[:_LONGEST_WORD] for word in dict.fromkeys(folded(q).split())]
    telling = [word for word in words if word not in _SILENT]
    return telling[:_MOST_WORDS] if any(len(word) >= _LEAST_LETTERS for word in telling) else []


def said_officially(words: list[str]) -> list[str]:
    """The same search in the words of the official list; the words as they are where it has no other."""
    text = " ".join(words)
    for said, official in _SAID_INSTEAD.items():
        text = re.sub(rf"\b{said}\b", official, text)
    return list(dict.fromkeys(text.split()))


async def search_structures(connection: Connection, q: str, *, limit: int = 20) -> Found:
    """Active structures for these words. Accents, case, punctuation and small words do not matter."""
    words = wanted_words(q)
    if not words:
        return Found()
    official = said_officially(words)
    for tried in [words] if official == words else [words, official]:
        if found := await _found(connection, tried, limit, least=len(tried)):
            return Found(tuple(structure for structure, _ in found))
    near = await _found(connection, official, limit, least=(len(official) + 1) // 2, alike=True)
    complete = tuple(structure for structure, held in near if held == len(official))
    return Found(complete or tuple(structure for structure, _ in near), near=not complete)


async def find_structures(connection: Connection, q: str, *, limit: int = 20) -> list[FoundStructure]:
    """Active structures for these words, best first."""
    return list((await search_structures(connection, q, limit=limit)).structures)


async def _found(
    connection: Connection, words: list[str], limit: int, *, least: int, alike: bool = False
) -> list[tuple[FoundStructure, int]]:
    """Structures that hold at least so many of the words, with how many."""
    hits = await connection.fetch(_WANTED + _BEGUN + (_SPELT_ALIKE if alike else ""), words)
    if len({hit["place"] for hit in hits}) < least:
        return []
    columns = [[hit[name] for hit in hits] for name in ("place", "word", "weight")]
    rows = [dict(row) for row in await connection.fetch(_FOUND, *columns, len(words), least, limit)]
    return [(FoundStructure(**{key: row[key] for key in row if key != "words"}), row["words"]) for row in rows]
