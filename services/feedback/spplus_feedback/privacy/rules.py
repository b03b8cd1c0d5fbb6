"""What is deleted, and when. A rule deletes words, codes and traces; it changes no request, so no figure can change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing that goes."""

    kind: str
    settings: tuple[str, ...]
    """Names of the settings that say after how many days; their instants are the first parameters of `find`."""
    find: str
    """A batch of keys of what goes, in order, as text. The parameters after the instants are the key that the batch
    begins after, and how many."""
    first: str
    """A key below all others."""
    count: str
    delete: Sequence[str]
    """Statements that take the keys."""


_SETTLED: Final = """
    CASE
        WHEN EXISTS (
            SELECT 1 FROM requests
            WHERE requests.feedback_id = feedbacks.feedback_id AND status = 'waiting' AND answer_expected
        ) THEN feedbacks.submitted_at < $2
        ELSE greatest(
            feedbacks.submitted_at,
            (
                SELECT max(statements.said_at) FROM statements INNER JOIN requests USING (request_id)
                WHERE requests.feedback_id = feedbacks.feedback_id
            )
        ) < $1
    END
"""
_WORDS: Final = (
    "coalesce(title, story, suggestion) IS NOT NULL AND submitted_at < greatest($1::timestamptz, $2::timestamptz) AND"
    + _SETTLED
)
_CODES: Final = "code_hash IS NOT NULL AND submitted_at < greatest($1::timestamptz, $2::timestamptz) AND" + _SETTLED
_PUBLIC: Final = "coalesce(public_title, public_story, public_suggestion) IS NOT NULL AND moderated_at < $1"
_ANSWERS: Final = """
    coalesce(title, story, suggestion, public_title, public_story, public_suggestion) IS NULL
    AND (
        SELECT max(statements.said_at) FROM statements INNER JOIN requests USING (request_id)
        WHERE requests.feedback_id = feedbacks.feedback_id AND statements.answer IS NOT NULL
    ) < $1
"""
_LAST_WORDS_GONE: Final = (
    # an answer quotes: it goes with the last words of the story that it answers
    "UPDATE statements SET answer = NULL FROM requests INNER JOIN feedbacks USING (feedback_id) "
    "WHERE statements.request_id = requests.request_id AND feedback_id = ANY ($1::text[]::uuid[]) "
    "AND coalesce(title, story, suggestion, public_title, public_story, public_suggestion) IS NULL"
)
_ACCOUNTS: Final = """
    greatest(created_at, last_signed_in_at, invited_until) < $1
    AND (
        closed_at IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM account_grants AS granted
            WHERE
                granted.account_id = accounts.account_id
                AND granted.role = 'administrator' AND granted.structure_code = '*'
        )
    )
"""


_FIRST: Final = {"uuid": "00000000-0000-0000-0000-000000000000", "bigint": "-1", "text": ""}


def _rule(
    kind: str, settings: tuple[str, ...], *, table: str, key: tuple[str, str], condition: str, delete: Sequence[str]
) -> Rule:
    """All is written here, nothing comes from outside: names of tables and columns are put together in one place."""
    column, sort = key
    last, batch = f"${len(settings) + 1}", f"${len(settings) + 2}"
    return Rule(
        kind=kind,
        settings=settings,
        find=(
            f"SELECT {column}::text FROM {table} WHERE {condition} AND {column} > {last}::text::{sort} "  # noqa: S608
            f"ORDER BY {column} LIMIT {batch} FOR UPDATE SKIP LOCKED"
        ),
        first=_FIRST[sort],
        count=f"SELECT count(*) FROM {table} WHERE {condition}",  # noqa: S608
        delete=delete,
    )


_UUID: Final = "uuid"
_DRAFT: Final = "(request_id::text || ' ' || account_id::text)"
_COUNT: Final = "(day::text || ' ' || source || ' ' || door || ' ' || verdict)"
RULES: Final = (
    _rule(
        "words",
        ("retention_words_days", "retention_unanswered_words_days"),
        table="feedbacks",
        key=("feedback_id", _UUID),
        condition=_WORDS,
        delete=(
            # a story without words waits for no moderator
            (
                "UPDATE feedbacks SET title = NULL, story = NULL, suggestion = NULL, masks = '[]', "
                "moderation = CASE moderation WHEN 'pending' THEN 'expired' ELSE moderation END "
                "WHERE feedback_id = ANY ($1::text[]::uuid[])"
            ),
            (
                "DELETE FROM drafts USING requests WHERE drafts.request_id = requests.request_id "
                "AND requests.feedback_id = ANY ($1::text[]::uuid[])"
            ),
            _LAST_WORDS_GONE,
        ),
    ),
    _rule(
        "public_words",
        ("retention_public_words_days",),
        table="feedbacks",
        key=("feedback_id", _UUID),
        condition=_PUBLIC,
        delete=(
            (
                "UPDATE feedbacks SET public_title = NULL, public_story = NULL, public_suggestion = NULL "
                "WHERE feedback_id = ANY ($1::text[]::uuid[])"
            ),
            _LAST_WORDS_GONE,
        ),
    ),
    _rule(
        "answers",
        ("retention_words_days",),
        table="feedbacks",
        key=("feedback_id", _UUID),
        condition=_ANSWERS,
        delete=(_LAST_WORDS_GONE,),
    ),
    _rule(
        "codes",
        ("retention_codes_days", "retention_unanswered_codes_days"),
        table="feedbacks",
        key=("feedback_id", _UUID),
        condition=_CODES,
        delete=(
            "UPDATE feedbacks SET code_hash = NULL WHERE feedback_id = ANY ($1::text[]::uuid[])",
            "DELETE FROM idempotency_keys WHERE feedback_id = ANY ($1::text[]::uuid[])",
        ),
    ),
    _rule(
        "drafts",
        ("retention_drafts_days",),
        table="drafts",
        key=(_DRAFT, "text"),
        condition="saved_at < $1",
        delete=(f"DELETE FROM drafts WHERE {_DRAFT} = ANY ($1::text[])",),  # noqa: S608 - as above
    ),
    _rule(
        "accounts",
        ("retention_accounts_days",),
        table="accounts",
        key=("account_id", _UUID),
        condition=_ACCOUNTS,
        delete=(
            "DELETE FROM drafts WHERE account_id = ANY ($1::text[]::uuid[])",
            "DELETE FROM accounts WHERE account_id = ANY ($1::text[]::uuid[])",
        ),
    ),
    _rule(
        "acts",
        ("retention_acts_days",),
        table="acts",
        key=("act_id", "bigint"),
        condition="at < $1",
        delete=("DELETE FROM acts WHERE act_id = ANY ($1::text[]::bigint[])",),
    ),
    _rule(
        "counts",
        ("retention_counts_days",),
        table="source_counts",
        key=(_COUNT, "text"),
        condition="last_at < $1",
        delete=(f"DELETE FROM source_counts WHERE {_COUNT} = ANY ($1::text[])",),  # noqa: S608 - as above
    ),
)
NEVER: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""Nothing is older: a setting of 0 keeps for ever."""


def instants(rule: Rule, days: Mapping[str, float], now: datetime) -> list[datetime]:
    """What is older than these goes."""
    return [now - timedelta(days=days[name]) if days[name] else NEVER for name in rule.settings]
