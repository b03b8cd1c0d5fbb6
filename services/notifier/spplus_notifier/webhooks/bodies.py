"""What subscribers may send and are told, as closed models."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, model_validator

from spplus_contracts.vocabulary import Engagement, IndicatorCode, Instant, PeriodKind, StructureCode
from spplus_notifier.webhooks.interest import Interest


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NewWebhook(_Body):
    """What to tell, and where."""

    url: Annotated[AnyHttpUrl, Field(max_length=2_000)]
    """Address that is called; https, on the public internet."""
    structure_code: StructureCode | None = None
    """This structure and all below it."""
    indicator_code: IndicatorCode | None = None
    """One indicator."""
    engagement: Engagement | None = None
    """One commitment of the programme, as framework/number."""
    period_kind: PeriodKind | None = None
    """Length of the period."""
    send_current: bool = False
    """Begin with every figure that stands published; else with the next that changes."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not any((self.structure_code, self.indicator_code, self.engagement, self.period_kind)):
            raise ValueError("give at least one of structure_code, indicator_code, engagement, period_kind")
        if self.url.username or self.url.password or self.url.fragment:
            raise ValueError("url must have no user, password or fragment")
        return self

    @property
    def interest(self) -> Interest:
        """The filter."""
        kind = self.period_kind and self.period_kind.value
        return Interest(self.structure_code, self.indicator_code, self.engagement, kind)


class WebhookShown(_Body):
    """One webhook."""

    webhook_id: str
    """The webhook."""
    url: str
    """Address that is called."""
    structure_code: str | None
    indicator_code: str | None
    engagement: str | None
    period_kind: str | None
    created_at: datetime
    state: Literal["active", "disabled"]
    """Disabled ones are not called until they are enabled."""
    disabled_for: Literal["gone", "failing", "key_revoked"] | None
    """Why it is disabled: it answered 410, it failed for a day, its key was revoked."""
    disabled_at: datetime | None
    failures: int
    """One after the other, up to now."""
    failing_since: datetime | None
    next_call_at: datetime
    """When it is called next at the earliest."""
    figures_waiting: int
    """Figures that wait to be told."""


class WebhookMade(WebhookShown):
    """A new webhook."""

    secret: str
    """What its messages are signed with (Standard Webhooks). Shown only now."""


class Webhooks(_Body):
    """All of a key."""

    items: list[WebhookShown]


class Secret(_Body):
    """A new secret."""

    secret: str
    """Shown only now."""
    old_secret_ends_at: datetime
    """Until then messages are signed with both."""


class Overlap(_Body):
    """How a secret is changed."""

    overlap_hours: Annotated[float, Field(ge=0, le=24 * 30)] = 24
    """For how long messages are signed with the old secret as well."""


class Replay(_Body):
    """What to tell again, always in the revision that stands now."""

    message_id: UUID | None = None
    """The figures of one message ..."""
    since: Instant | None = None
    """... or all that changed from this instant ..."""
    until: Instant | None = None
    """... to before this one; now, if absent."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.message_id is None) == (self.since is None) or (self.until is not None and self.since is None):
            raise ValueError("give either message_id, or since with or without until")
        return self


class Waiting(_Body):
    """What a replay put in line."""

    figures: int
    """Figures that wait to be told again."""


class Tried(_Body):
    """A test message is on its way."""

    message_id: str
    """Look for it in the log."""


class LoggedShown(_Body):
    """One message."""

    message_id: str
    """Its `webhook-id`, the same at each attempt."""
    kind: Literal["figures", "test"]
    figures: int
    made_at: datetime
    attempts: int
    last_tried_at: datetime | None
    last_outcome: (
        Literal["delivered", "refused", "redirected", "gone", "slow", "unreachable", "forbidden_address"] | None
    )
    last_status: int | None
    """HTTP status of the last answer."""
    delivered: bool
    ended_at: datetime | None
    """None while it is being tried."""


class Log(_Body):
    """The delivery log, the newest first."""

    items: list[LoggedShown]
    next: str | None
    """`before` of the page that follows, if there is one."""


class LogQuery(BaseModel):
    """Parameters of the log."""

    model_config = ConfigDict(extra="forbid")

    before: UUID | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
