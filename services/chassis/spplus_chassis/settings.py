"""Settings that every service has. Each comes from the environment, then from the running local platform's file."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from spplus_chassis.kafka_settings import KafkaSettings


def _networks(text: str) -> str:
    """Addresses and networks, normalised. Raises `ValueError` for what is neither."""
    return ",".join(str(ipaddress.ip_network(part.strip())) for part in text.split(",") if part.strip())


Networks = Annotated[str, AfterValidator(_networks)]
"""Addresses or networks, comma-separated: ``10.0.0.0/8,::1``."""


class ServiceSettings(KafkaSettings):
    """Base of a service's settings; a service adds its own prefix and fields."""

    database_url: str = Field(repr=False)
    """PostgreSQL address of the service's own database, with its role."""
    database_pool_size: int = Field(default=10, ge=2, le=200)
    """Most connections that one process holds."""
    http_host: str = "127.0.0.1"
    """Address that HTTP listens on."""
    http_port: int = Field(ge=1, le=65535)
    """Port that HTTP listens on."""
    trusted_proxies: Networks = ""
    """Addresses or networks of our own proxies, comma-separated. From them alone X-Forwarded-For and X-Forwarded-Proto
    are believed: the right-most address that is none of theirs is the caller's."""
    hsts_seconds: int = Field(default=0, ge=0)
    """For how long browsers insist on HTTPS (Strict-Transport-Security), where a proxy speaks it; 0 says nothing."""
    log_level: str = "INFO"
    """Least level that is logged: DEBUG, INFO, WARNING or ERROR."""
    instance: str = Field(default="1", pattern=r"^[a-z0-9-]{1,40}$")
    """Stable name of this replica, its own among those that run; one that comes back under its name resumes at once."""
    consumer_batch_records: int = Field(default=4000, ge=1, le=20000)
    """Most records that one transaction takes from the bus."""
    consumer_session_timeout_seconds: float = Field(default=10.0, ge=1, le=300)
    """After how long the bus gives the partitions of a silent replica to another."""
    poison_stop_count: int = Field(default=1000, ge=1)
    """A consumer stops when at least this many records within a minute were refused ..."""
    poison_stop_share: float = Field(default=0.5, gt=0, le=1)
    """... and they were at least this share of all: then the reader is at fault, not the records."""
    dead_letters_kept_days: float = Field(default=14.0, gt=0, le=90)
    """For how long a dead letter may wait before its content is deleted, and how long it is remembered afterwards."""
    stall_seconds: float = Field(default=120.0, ge=5)
    """Liveness fails when a batch is stuck for this long."""
