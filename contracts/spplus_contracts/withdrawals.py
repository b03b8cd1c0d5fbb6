"""FeedbackWithdrawn: a story no longer counts."""

from datetime import datetime
from typing import ClassVar

from spplus_contracts.event import Event
from spplus_contracts.vocabulary import Instant, Opaque, SourceCode, StructureCode, WithdrawalReason


class FeedbackWithdrawn(Event):
    """The author took the story back, or moderation refused it. Final: nothing brings the request back.

    Retention deletes texts and codes, never figures: it is no reason for this event.
    """

    TYPE: ClassVar[str] = "fr.spplus.feedback.withdrawn.v1"

    request_id: Opaque
    """The request that no longer counts."""
    request_source: SourceCode | None = None
    """The source that knows the request; the event's own source if absent."""
    structure_code: StructureCode
    """The structure addressed."""
    reason: WithdrawalReason
    """Who withdrew it."""
    withdrawn_at: Instant
    """When, UTC."""

    @property
    def key(self) -> str:
        """The structure's code."""
        return self.structure_code

    @property
    def happened_at(self) -> datetime:
        """When it was withdrawn."""
        return self.withdrawn_at
