"""Settings of the local platform: environment variables that begin with SPPLUS_UP_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class UpSettings(BaseSettings):
    """What `spplus up` may be told. Every port is on 127.0.0.1; 0 chooses a free one."""

    model_config = SettingsConfigDict(env_prefix="SPPLUS_UP_", use_attribute_docstrings=True, frozen=True)

    directory: Path = Path(".spplus/up")
    """Where the data and the logs of this platform are; durable between runs."""
    runtime: Path = Path(".spplus/runtime")
    """Where the jars of Kafka are kept, for every platform of the project."""
    environment_file: Path = Path(".spplus/platform.env")
    """Written while the platform is ready, so that the commands of the services find it."""
    feedback_port: int = Field(default=8001, ge=0, le=65535)
    """Port of the intake."""
    indicators_port: int = Field(default=8002, ge=0, le=65535)
    """Port of the scoring."""
    notifier_port: int = Field(default=8003, ge=0, le=65535)
    """Port of the publication."""
    kafka_port: int = Field(default=9092, ge=0, le=65535)
    """Port of Kafka."""
    postgres_port: int = Field(default=0, ge=0, le=65535)
    """Port of PostgreSQL."""
    postgres_url: str | None = Field(default=None, repr=False)
    """An administrator's URL of a PostgreSQL server to use instead of one of our own."""
