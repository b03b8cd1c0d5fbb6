"""Settings of the notifier: environment variables named ``SPPLUS_NOTIFIER_*``."""

from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
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
    """Most readers of the live stream that one process serves; each is an open file (``ulimit -n``)."""
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0, le=300)
    """A quiet stream says something this often, so that proxies keep it open."""
    stream_poll_seconds: float = Field(default=1.0, gt=0, le=5)
    """How often changes committed by other replicas are looked for, should word of them (LISTEN/NOTIFY) be lost."""
    kept_answers_mb: int = Field(default=128, ge=0, le=100_000)
    """Most memory, in megabytes, for results pages and JSON of one structure kept as they were written, packed; about
    10 kB each. 0 keeps none."""
    dump_seconds: float = Field(default=600.0, ge=0)
    """A Parquet file is built anew at most this often, however much changes."""
    publisher_name: str = "Services Publics +"
    """Who answers for the open data, in its description for catalogues."""
    publisher_url: str | None = None
    """Address of the organisation that publishes the open data."""
    contact_url: str | None = None
    """Page (or `mailto:` address) where people who use the open data ask."""
    licence_url: str = "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf"
    """Terms under which the open data may be used; by default the Licence Ouverte 2.0 of the French State."""
    licence_name: str = "Licence Ouverte 2.0 (Etalab)"
    """What these terms are called."""
    share_url: str | None = None
    """Where citizens share an experience (the page of the feedback service), for a link in the header."""
    seal_keys: SecretStr | None = None
    """Fernet keys, comma-separated, the newest first, that seal secrets of webhooks and addresses of mails; without
    one, neither is offered."""
    webhook_calls: int = Field(default=200, ge=1, le=5_000)
    """Calls at once to webhooks that answered last time; a quarter as many to those that did not."""
    webhook_call_seconds: float = Field(default=10.0, gt=0, le=60)
    """Longest that a webhook may take to answer."""
    webhook_private_networks: str = ""
    """Networks (comma-separated, as 10.1.0.0/16) whose addresses may be called, also without TLS; none by default."""
    webhook_log_days: float = Field(default=30.0, gt=0, le=366)
    """For how long the delivery log remembers."""
    public_url: AnyHttpUrl | None = None
    """Root of these pages as browsers reach it: for links in mails, in what other sites show and in the open data's
    description. Without it, pages take the address that was asked for, and no mails can be sent."""
    follow_url: AnyHttpUrl | None = None
    """The feedback service's page where a follow-up code is typed (``.../suivi``), for links in mails."""
    notice_public_keys: str | None = None
    """Public keys of the feedback service that check its tickets for notices: its ``/.well-known/jwks.json``."""
    notice_public_keys_file: Path | None = None
    """The same in a file, which is read again when a key is not known."""
    mail_host: str | None = None
    """Mail server that takes mails (SMTP); without one, none are offered or sent."""
    mail_port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is secured: ``starttls``, ``tls`` from the first byte (port 465), or ``none``."""
    mail_user: str | None = None
    """User at the mail server, if it asks for one."""
    mail_password: SecretStr | None = None
    """Password of that user."""
    mail_ca_file: Path | None = None
    """Certificates (PEM) that vouch for the mail server; the system's, if absent."""
    mail_from: str | None = None
    """Sender of mails, as ``Services publics <ne-pas-repondre@exemple.fr>``; its server signs with DKIM."""
    mail_connections: int = Field(default=4, ge=1, le=100)
    """Mails that one process sends at once."""
    mail_per_minute: int | None = Field(default=None, ge=1, le=100_000)
    """Most mails that one process hands to the mail server in a minute; as many as it takes, if absent."""
    mail_address_days: float = Field(default=30.0, gt=0, le=31)
    """For how long an address waits for an answer; then a last mail says so, and the address is deleted."""

    @model_validator(mode="after")
    def _mails_can_be_sent(self) -> Self:
        if self.notice_public_keys and self.notice_public_keys_file:
            raise ValueError("give the public keys of notices once: as a setting or in a file")
        if self.mail_host is None:
            return self
        needed = ("mail_from", "public_url", "follow_url", "seal_keys")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"mails need {', '.join(missing)}")
        if bool(self.mail_user) != bool(self.mail_password):
            raise ValueError("mail_user and mail_password go together")
        if self.mail_user and self.mail_security == "none":
            raise ValueError("a password needs a secured connection")
        self.sender()
        return self

    def sealing_keys(self) -> tuple[str, ...]:
        """What secrets of others are sealed with, the newest first; none where nothing can be sealed."""
        given = "" if self.seal_keys is None else self.seal_keys.get_secret_value()
        return tuple(key.strip() for key in given.split(",") if key.strip())

    def sender(self) -> Address:
        """Who sends mails. Raises `ValueError` where that is no address."""
        name, address = parseaddr(self.mail_from or "")
        if "@" not in address:
            raise ValueError("mail_from must be an address")
        return Address(name, addr_spec=address)
