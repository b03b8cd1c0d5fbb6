"""Settings of the intake service, read from ``SPPLUS_FEEDBACK_*``."""

from pathlib import Path
from typing import Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from spplus_chassis.settings import Networks, ServiceSettings
from spplus_feedback.notices import NO_KEYS, NoticeKeys, read_keys


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
    notice_url: AnyHttpUrl | None = None
    """Root of the notifier as browsers reach it, for "tell me when it is answered"; not offered where it is absent."""
    notice_keys: SecretStr | None = None
    """Private Ed25519 keys that sign its tickets, as a JWK Set; the first one signs, all are published."""
    notice_keys_file: Path | None = None
    """The same in a file, which ``spplus-feedback notice-keys FILE`` makes and turns over."""
    requests_per_minute_by_address: int = Field(default=1_200, ge=0)
    """Requests of one address without an API key, in each process; beyond it 429. 0 for no limit."""
    requests_per_minute_by_key: int = Field(default=6_000, ge=0)
    """Requests with one API key, in each process; beyond it 429. 0 for no limit."""
    events_per_minute_by_key: int = Field(default=600_000, ge=0)
    """Events that one API key may send over HTTP, in each process; beyond it 429. 0 for no limit."""
    stories_per_hour_before_hold: int = Field(default=10, ge=0)
    """Stories from one address, over all processes; further ones are held for a moderator. 0 for no limit."""
    stories_per_hour: int = Field(default=60, ge=0)
    """Stories from one address, over all processes; further ones are refused with 429. 0 for no limit."""
    same_words_per_hour: int = Field(default=3, ge=0)
    """Stories about one structure in the same words, over all processes; further ones are held. 0 for no limit."""
    form_least_seconds: float = Field(default=3.0, ge=0, le=60)
    """A form that is sent sooner after it was shown is held for a moderator. 0 asks nothing of forms."""
    form_secret: SecretStr | None = Field(default=None, min_length=32)
    """Signs the time on forms; made and shared through the database where it is not given."""
    unlimited_networks: Networks = "127.0.0.0/8,::1/128"
    """Callers from here are never counted: our own tools. A proxy on the same machine stands for its callers, so name
    it among the trusted proxies."""
    operator_name: str = Field(default="l’organisme qui exploite ce service", max_length=200)
    """Who is responsible for this service, as the page on privacy names it, in French."""
    privacy_contact: str = Field(default="", max_length=200)
    """Where people write about their data or about accessibility: an e-mail or postal address, shown on the pages."""
    retention_words_days: float = Field(default=365, ge=0)
    """A story's own words, and answers that the public does not read, go so long after the last thing that was said
    about it. In all settings of retention 0 keeps for ever, and figures never change."""
    retention_unanswered_words_days: float = Field(default=1_095, ge=0)
    """The words of a story that still waits for its answer go so long after it was told."""
    retention_public_words_days: float = Field(default=1_825, ge=0)
    """What the public reads of a story goes so long after it was published."""
    retention_codes_days: float = Field(default=730, ge=0)
    """A follow-up code opens nothing any more so long after the last thing that was said about the story."""
    retention_unanswered_codes_days: float = Field(default=1_825, ge=0)
    """The same where the story still waits, counted from when it was told."""
    retention_drafts_days: float = Field(default=90, ge=0)
    """Drafts of answers go so long after they were saved last."""
    retention_accounts_days: float = Field(default=730, ge=0)
    """Accounts of agents and moderators go when nobody signed in for so long; administrators of everything stay until
    they are closed."""
    retention_acts_days: float = Field(default=1_095, ge=0)
    """Lines of the audit trail go when they are so old."""
    retention_counts_days: float = Field(default=1_095, ge=0)
    """Daily counts by source go when they are so old."""
    retention_daily_hour: int | None = Field(default=None, ge=0, le=23)
    """From which hour of each day, Europe/Paris, the service deletes by itself what these settings say; by default it
    never does, and `spplus-feedback retention` is to be called."""
    secure_cookies: bool = True
    """Whether the cookies of people who sign in travel encrypted only, as they must in production. Browsers make an
    exception for http://127.0.0.1; switch it off only to try the service over plain HTTP in one that makes none."""
    session_idle_minutes: float = Field(default=60.0, gt=0, le=1_440)
    """After how long without a request somebody has to sign in again."""
    session_hours: float = Field(default=12.0, gt=0, le=168)
    """After how long they have to, however busy."""
    public_url: AnyHttpUrl | None = None
    """Root of these pages as browsers reach them. Needed for OpenID Connect, whose provider sends people back there."""
    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://[^/?#]+(/[^?#]*[^/?#])?$")
    """Issuer of an OpenID Connect provider, such as ProConnect, exactly as it calls itself, without a final slash."""
    oidc_client_id: str | None = None
    """What the provider calls this service."""
    oidc_client_secret: SecretStr | None = None
    """What the provider knows this service by."""
    oidc_name: str = "ProConnect"
    """What people call the provider: it stands on the button."""
    oidc_scopes: str = "openid email"
    """What the provider is asked to tell."""
    oidc_acr_values: str = ""
    """Levels of assurance to ask for; empty for the provider's own."""
    oidc_emails_verified: bool = False
    """Whether the provider hands out verified addresses only and does not say so with each. While this is off, an
    invitation is taken up only by a person of whom the provider says `email_verified`."""

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret and self.public_url):
            raise ValueError("OpenID Connect needs the client id, the client secret and the public URL")
        return self

    @model_validator(mode="after")
    def _notices_are_signed(self) -> Self:
        if self.notice_keys and self.notice_keys_file:
            raise ValueError("give the keys of notices once: as a setting or in a file")
        if self.notice_url and not self.signing_keys().keys:
            raise ValueError("notices need keys to sign their tickets")
        return self

    def signing_keys(self) -> NoticeKeys:
        """The keys that sign tickets for notices, if any. Raises `ValueError`."""
        if self.notice_keys_file:
            try:
                return read_keys(self.notice_keys_file.read_text(encoding="utf-8"))
            except OSError as fault:
                raise ValueError(f"{self.notice_keys_file}: {fault.strerror}") from None
        return read_keys(self.notice_keys.get_secret_value()) if self.notice_keys else NO_KEYS
