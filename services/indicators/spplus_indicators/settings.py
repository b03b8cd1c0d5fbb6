"""Settings of the indicators service, from ``SPPLUS_INDICATORS_*``."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from spplus_chassis.settings import ServiceSettings
from spplus_indicators.measures import NEEDS
from spplus_indicators.thresholds import Thresholds


class IndicatorsSettings(ServiceSettings):
    """What an operator may set; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="SPPLUS_INDICATORS_")

    http_port: int = Field(default=8002, ge=1, le=65535)
    """Port that HTTP listens on."""
    min_sample: int = Field(default=30, ge=1)
    """Fewest answers, requests or calls for which a value is published: a matter of reliability."""
    min_samples: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """Other thresholds for some indicators, as JSON: ``{"on_time_rate": 100}``."""
    min_samples_by_network: dict[str, dict[str, Annotated[int, Field(ge=1)]]] = Field(default_factory=dict)
    """Other thresholds for some indicators of a network, by its name, as JSON: ``{"DGFIP": {"on_time_rate": 200}}``."""
    publish_small_seconds: float = Field(default=0.25, ge=0)
    """Least time between two revisions of a figure of a structure; it grows with the number of descendants."""
    publish_large_seconds: float = Field(default=5.0, ge=0)
    """The same with `large_descendants` or more."""
    publish_root_seconds: float = Field(default=10.0, ge=0)
    """The same for the root of a tree with so many."""
    publish_longer_seconds: float = Field(default=1.0, ge=0)
    """Least time between two revisions of a figure of a quarter, a year or twelve months."""
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

    @field_validator("min_samples", "min_samples_by_network")
    @classmethod
    def _known(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        by_network = value if info.field_name == "min_samples_by_network" else {"": value}
        unknown = {code for said in by_network.values() for code in said} - set(NEEDS)
        if unknown:
            message = f"no such indicator: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        return value

    @property
    def thresholds(self) -> Thresholds:
        """The least n of each figure."""
        return Thresholds(self.min_sample, self.min_samples, self.min_samples_by_network)
