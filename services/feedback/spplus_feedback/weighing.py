"""Which stories of a group are held or refused, because too many like them came within the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from spplus_chassis.database import Connection
from spplus_feedback import counters
from spplus_feedback.stories import Submission, TooMany
from spplus_feedback.suspicion import (
    Counted,
    HourlyLimits,
    address_subject,
    hour_of,
    judge_address,
    judge_text,
    text_subjects,
)


class Weighing:
    """Counts stories in the transaction that stores them, and judges each by what came before it."""

    def __init__(self, limits: HourlyLimits) -> None:
        self._limits = limits
        self._salt_hour: datetime | None = None
        self._salt = b""

    async def prepare(self, connection: Connection, submissions: Sequence[Submission]) -> None:
        """Fetch the salt, outside of any transaction: what is undone later must not be remembered.

        Asked for once an hour: a server that crashed has forgotten its salt, and makes another for all.
        """
        hour = max((hour_of(story.accepted_at) for story in submissions if story.caller), default=self._salt_hour)
        if hour is not None and hour != self._salt_hour:
            self._salt = await counters.salt_of(connection, hour.date())
            self._salt_hour = hour

    async def weighed(
        self, connection: Connection, submissions: Mapping[int, Submission]
    ) -> tuple[dict[int, Submission], dict[int, TooMany]]:
        """The stories to store, some of them held, and those to refuse; by their places."""
        judged = {place: story for place, story in submissions.items() if story.caller}
        if not judged:
            return dict(submissions), {}
        now = max(story.accepted_at for story in judged.values())
        salt = self._salt
        callers = {place: address_subject(story, salt) or b"" for place, story in judged.items()}
        texts = {place: list(text_subjects(story, salt)) for place, story in judged.items()}
        amounts = counters.amounts_of([*callers.values(), *(each for some in texts.values() for each in some)])
        standing = await counters.add(connection, amounts, now)
        stored, refused = dict(submissions), {}
        for place, story in judged.items():
            verdict = judge_address(_next(standing, callers[place]), self._limits)
            if isinstance(verdict, TooMany):
                refused[place] = verdict
                del stored[place]
                continue
            alike = [judge_text(_next(standing, subject), self._limits) for subject in texts[place]]
            hold = next((each for each in (story.held_for, verdict, *alike) if each is not None), None)
            stored[place] = replace(story, held_for=hold)
        return stored, refused


def _next(standing: dict[bytes, Counted], subject: bytes) -> Counted:
    """Where the subject stands before this story; it counts for those after it in the same group."""
    before = standing[subject]
    standing[subject] = replace(before, current=before.current + 1)
    return before
