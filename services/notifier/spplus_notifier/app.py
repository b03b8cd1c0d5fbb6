"""The notifier, assembled: publication, open data, live stream, results pages."""

from datetime import timedelta

from spplus_chassis.database import Pool
from spplus_chassis.listening import listen
from spplus_chassis.service import Service
from spplus_notifier import api, api_files, api_stream, jobs, pages, queries
from spplus_notifier.addressing import PublicAddress
from spplus_notifier.data_catalogue import Publisher
from spplus_notifier.dumps import Dumps
from spplus_notifier.feed import Feed
from spplus_notifier.kept import KeptAnswers
from spplus_notifier.mail import installation as mail
from spplus_notifier.queries import LogBounds, LoggedChange
from spplus_notifier.repository import NEWS
from spplus_notifier.screens import Screens
from spplus_notifier.sealing import Sealer
from spplus_notifier.settings import NotifierSettings
from spplus_notifier.subscribers import publication
from spplus_notifier.subtrees import Subtrees
from spplus_notifier.webhooks import installation

PACKAGE = "spplus_notifier"
_PRUNE_SECONDS = 600
_MEASURE_SECONDS = 5
_RESEAL_SECONDS = 3_600


class _StoredLog:
    """The log of changes in the service's database."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def bounds(self) -> LogBounds:
        return await queries.log_bounds(self._pool)

    async def changes(self, *, after: int, limit: int) -> list[LoggedChange]:
        return await queries.changes(self._pool, after=after, limit=limit)

    @property
    def _pool(self) -> Pool:
        return self._service.pool


def build(settings: NotifierSettings) -> Service:
    """The service, ready to be served."""
    service = Service("notifier", settings, package=PACKAGE)
    feed = Feed(
        _StoredLog(service),
        poll_seconds=settings.stream_poll_seconds,
        heartbeat_seconds=settings.stream_heartbeat_seconds,
    )
    service.subscribe(publication(feed.wake))
    service.background("follow-changes", feed.run)
    service.background("hear-changes", lambda: listen(settings.database_url, NEWS, feed.wake))
    service.background("heartbeat", feed.beat)
    service.every(_MEASURE_SECONDS, "measure-stream", feed.measure)
    service.on_stop(feed.close)

    async def prune() -> None:
        await jobs.prune(
            service.pool, kept=timedelta(hours=settings.stream_kept_hours), keep_changes=settings.stream_kept_changes
        )

    service.every(_PRUNE_SECONDS, "prune-changes", prune)
    kept = KeptAnswers(lambda: service.pool, most_bytes=settings.kept_answers_mb * 1_000_000)
    public = PublicAddress(None if settings.public_url is None else str(settings.public_url))
    screens = Screens(public, share_url=settings.share_url, mails=settings.mail_host is not None)
    publisher = Publisher(
        settings.publisher_name,
        settings.publisher_url,
        settings.contact_url,
        settings.licence_url,
        settings.licence_name,
    )
    # Routes are tried in this order: first those that are asked for most.
    pages.install(service, screens, kept, publisher)
    service.include(api.router(service, kept))
    dumps = Dumps(lambda: service.pool, seconds=settings.dump_seconds)
    service.on_stop(dumps.close)
    service.include(api_files.router(service, dumps, publisher, public))
    service.include(
        api_stream.router(
            feed,
            Subtrees(lambda: service.pool),
            clients=settings.stream_clients,
            heartbeat_seconds=settings.stream_heartbeat_seconds,
        )
    )
    if keys := settings.sealing_keys():
        sealer = Sealer(keys)
        service.every(_RESEAL_SECONDS, "reseal", lambda: jobs.reseal(service.pool, sealer))
    installation.install(service, settings)
    mail.install(service, settings, screens)
    return service
