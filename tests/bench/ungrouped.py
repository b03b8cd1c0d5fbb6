"""The intake service with one transaction for each request: what group commit is held against.

Everything else is the product: the same routes, validation, statements, outbox and relay.
"""

from spplus_chassis.service import serve
from spplus_feedback import app
from spplus_feedback.intake import Intake
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.stories import Outcome, Submission


class UngroupedIntake(Intake):
    """Each story in a transaction of its own, as many at once as the pool has connections."""

    async def submit(self, submission: Submission, *, door: str) -> Outcome:
        """Commit at once."""
        outcome = (await self._flush([submission]))[0]
        return self._counted(outcome, door)


if __name__ == "__main__":
    app.Intake = UngroupedIntake  # type: ignore[misc] # the one seam that the product needs no setting for
    serve(app.build(FeedbackSettings()))
