"""Settings of the indicators service, from ``SPPLUS_INDICATORS_*``."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from spplus_chassis.settings import ServiceSettings


class IndicatorsSettings(ServiceSettings):
    """What an operator may set; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="SPPLUS_INDICATORS_")

    http_port: int = Field(default=8002, ge=1, le=65535)
    """Port that HTTP listens on."""
    min_sample: int = Field(default=30, ge=1)
    """Fewest answers, requests or calls for which a value is published."""
    publish_small_seconds: float = Field(default=0.25, ge=0)
    """Least time between two revisions of a figure of a structure; it grows with the number of descendants."""
    publish_large_seconds: float = Field(default=5.0, ge=0)
    """The same with `large_descendants` or more."""
    publish_root_seconds: float = Field(default=10.0, ge=0)
    """The same for the root of a tree with so many."""
    large_descendants: int = Field(default=500, ge=1)
    """From how many descendants on a structure is large."""
    publish_batch: int = Field(default=200, ge=1)
    """Most structures and months that one transaction of the publisher takes."""
    publish_poll_seconds: float = Field(default=0.5, gt=0)
    """How often the publisher looks when nobody woke it."""
    undeclared_alert_days: float = Field(default=14.0, gt=0)
    """After how many days a structure that is counted and was never declared is a matter for an alert."""
    sweep_seconds: float = Field(default=1.0, gt=0)
    """How often passed deadlines are looked for."""
