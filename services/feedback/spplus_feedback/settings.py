"""Settings of the intake service, read from ``SPPLUS_FEEDBACK_*``."""

from pydantic import AnyHttpUrl, Field
from pydantic_settings import SettingsConfigDict

from spplus_chassis.settings import ServiceSettings


class FeedbackSettings(ServiceSettings):
    """What an operator may change."""

    model_config = SettingsConfigDict(env_prefix="SPPLUS_FEEDBACK_")

    http_port: int = 8001
    default_answer_days: int = Field(default=0, ge=0, le=730)
    """Calendar days to answer where a structure declared no delay; 0 announces none."""
    queue_capacity: int = Field(default=5_000, ge=1)
    """Stories that may wait for their transaction; beyond it the door answers 503."""
    group_size: int = Field(default=500, ge=1)
    """Stories committed in one transaction at most."""
    max_body_bytes: int = Field(default=65_536, ge=1_024)
    """Longest body of a request; beyond it the door answers 413."""
    max_events_body_bytes: int = Field(default=4_194_304, ge=1_024)
    """The same for a call with events of other systems."""
    events_capacity: int = Field(default=20_000, ge=1_000)
    """Events of other systems that may wait for their transaction; beyond it the door answers 503."""
    events_group: int = Field(default=4_000, ge=1)
    """Of these, committed in one transaction at most."""
    events_kept_days: float = Field(default=14.0, gt=0, le=366)
    """For how long an event of another system that came over HTTP is known by its id, should it come again."""
    results_url: AnyHttpUrl | None = None
    """Where the results are read (the pages of the notifier service), for a link on the first page."""
    secure_cookies: bool = True
    """Whether the cookies of people who sign in travel encrypted only, as they must in production. Browsers make an
    exception for http://127.0.0.1; switch it off only to try the service over plain HTTP in one that makes none."""
    session_idle_minutes: float = Field(default=60.0, gt=0, le=1_440)
    """After how long without a request somebody has to sign in again."""
    session_hours: float = Field(default=12.0, gt=0, le=168)
    """After how long they have to, however busy."""
