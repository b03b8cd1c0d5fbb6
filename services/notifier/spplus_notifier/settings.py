"""Settings of the notifier: environment variables named ``SPPLUS_NOTIFIER_*``."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from spplus_chassis.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """What an operator may change."""

    model_config = SettingsConfigDict(env_prefix="SPPLUS_NOTIFIER_")

    http_port: int = Field(default=8003, ge=1, le=65535)
    """Port that HTTP listens on."""
    stream_kept_hours: float = Field(default=24.0, gt=0, le=24 * 30)
    """For how long a reader of the live stream may be away and still resume where it was."""
    stream_kept_changes: int = Field(default=2_000_000, ge=1)
    """Most changes kept for resuming, whatever their age."""
    stream_clients: int = Field(default=1000, ge=1, le=100_000)
    """Most readers of the live stream that one process serves."""
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0, le=300)
    """A quiet stream says something this often, so that proxies keep it open."""
    stream_poll_seconds: float = Field(default=0.15, gt=0, le=5)
    """How often changes committed by other replicas are looked for."""
    share_url: str | None = None
    """Where citizens share an experience (the page of the feedback service), for a link in the header."""
