"""Settings of the notifier: environment variables named ``SPPLUS_NOTIFIER_*``."""

from pydantic import Field, SecretStr
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
    seal_keys: SecretStr | None = None
    """Fernet keys, comma-separated, the newest first, that seal secrets of webhooks; without one, no webhooks."""
    webhook_calls: int = Field(default=200, ge=1, le=5_000)
    """Calls at once to webhooks that answered last time; a quarter as many to those that did not."""
    webhook_call_seconds: float = Field(default=10.0, gt=0, le=60)
    """Longest that a webhook may take to answer."""
    webhook_private_networks: str = ""
    """Networks (comma-separated, as 10.1.0.0/16) whose addresses may be called, also without TLS; none by default."""
    webhook_log_days: float = Field(default=30.0, gt=0, le=366)
    """For how long the delivery log remembers."""
