"""The one way in for stories, from HTTP and from the form alike: a queue in front of grouped transactions."""

import asyncio
from collections.abc import Callable, Sequence

from spplus_chassis import metrics
from spplus_chassis.database import UNREACHABLE, Pool
from spplus_feedback.group_commit import GroupCommit
from spplus_feedback.stories import Accepted, Outcome, Submission, TooMany
from spplus_feedback.submitting import submit_feedbacks
from spplus_feedback.suspicion import HourlyLimits
from spplus_feedback.weighing import Weighing


class InFlight(Exception):  # noqa: N818 - a state of the door, not a mistake
    """A request with this key is being answered right now."""


class Intake:
    """Takes stories one by one, commits them in groups."""

    def __init__(
        self,
        pool: Callable[[], Pool],
        *,
        wake: Callable[[], None],
        default_days: int,
        capacity: int,
        group: int,
        limits: HourlyLimits | None = None,
    ) -> None:
        """`wake` is called after each commit: the relay has something to send. `limits` against abuse, if any."""
        self._pool = pool
        self.wake = wake
        self.default_days = default_days
        self._weighing = Weighing(limits) if limits else None
        self._in_flight: dict[bytes, asyncio.Event] = {}
        self._group_commit: GroupCommit[Submission, Outcome] = GroupCommit(
            self._flush, capacity=capacity, group=group, hopeless=UNREACHABLE
        )

    async def run(self) -> None:
        """Commit for ever."""
        await self._group_commit.run()

    async def submit(self, submission: Submission, *, door: str) -> Outcome:
        """Wait until the story is safe. Raises `InFlight`, `group_commit.Overloaded` or a fault of the database."""
        key = submission.once.key_hash if submission.once else None
        if key is None:
            return self._counted(await self._group_commit.submit(submission), door)
        if key in self._in_flight:
            raise InFlight
        self._in_flight[key] = asyncio.Event()
        try:
            return self._counted(await self._group_commit.submit(submission), door)
        finally:
            self._in_flight.pop(key).set()

    async def settled(self, submission: Submission) -> None:
        """Wait while the same submission is on its way: what a person who clicks twice means is one story."""
        key = submission.once.key_hash if submission.once else b""
        while key in self._in_flight:
            await self._in_flight[key].wait()

    def _counted(self, outcome: Outcome, door: str) -> Outcome:
        if isinstance(outcome, Accepted) and outcome.fresh:
            metrics.FEEDBACK_ACCEPTED.labels(door).inc()
            if outcome.held_for is not None:
                metrics.STORIES_HELD.labels(outcome.held_for.value).inc()
        elif isinstance(outcome, TooMany):
            metrics.REQUESTS_LIMITED.labels("stories_by_address").inc()
        return outcome

    async def _flush(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        async with self._pool().acquire() as connection:
            if self._weighing:
                await self._weighing.prepare(connection, submissions)
            async with connection.transaction():
                outcomes = await submit_feedbacks(
                    connection, submissions, default_days=self.default_days, weighing=self._weighing
                )
        metrics.GROUP_COMMIT_ROWS.observe(len(submissions))
        self.wake()
        return outcomes
