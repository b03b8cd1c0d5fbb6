"""From settings to the sign-in."""

from datetime import datetime, timedelta

from spplus_chassis.database import Pool
from spplus_feedback.accounts import repository
from spplus_feedback.accounts.oidc import Provider, ProviderSettings
from spplus_feedback.accounts.signing_in import SessionRules
from spplus_feedback.accounts.throttle import forget_attempts
from spplus_feedback.settings import FeedbackSettings


def session_rules(settings: FeedbackSettings) -> SessionRules:
    """How sessions are kept."""
    return SessionRules(
        secure=settings.secure_cookies,
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )


def provider_of(settings: FeedbackSettings) -> Provider | None:
    """The OpenID Connect provider, if there is one."""
    if settings.oidc_issuer is None or settings.oidc_client_secret is None:
        return None
    return Provider(
        ProviderSettings(
            name=settings.oidc_name,
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id or "",
            client_secret=settings.oidc_client_secret.get_secret_value(),
            public_url=str(settings.public_url).rstrip("/"),
            scopes=settings.oidc_scopes,
            acr_values=settings.oidc_acr_values,
            emails_verified=settings.oidc_emails_verified,
        )
    )


async def forget_sessions(pool: Pool, now: datetime) -> None:
    """Delete the sessions that nobody can use any more, and the attempts that no window counts."""
    async with pool.acquire() as connection:
        await repository.forget_sessions(connection, now)
        await forget_attempts(connection, now)
