"""Settings of the local platform: environment variables that begin with SPPLUS_UP_."""

from pathlib import Path
from typing import Self

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
    mails: bool = False
    """Keep the notifier's mails as files in `mails` beside the data, and send none."""

    @classmethod
    def apart(cls, directory: Path, *, runtime: Path | None = None) -> Self:
        """Settings of a platform beside others: free ports, and every file in its own directory."""
        return cls(
            directory=directory,
            runtime=runtime or cls().runtime,
            environment_file=directory / "platform.env",
            feedback_port=0,
            indicators_port=0,
            notifier_port=0,
            kafka_port=0,
            postgres_port=0,
            postgres_url=None,
        )

    @classmethod
    def describe(cls) -> str:
        """List the environment variables with their meaning and default, one a line."""
        prefix = cls.model_config["env_prefix"]
        return "\n".join(
            f"  {prefix + name.upper():<30} {field.description} [{'none' if field.default is None else field.default}]"
            for name, field in cls.model_fields.items()
        )
