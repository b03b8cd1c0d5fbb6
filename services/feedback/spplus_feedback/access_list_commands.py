"""``spplus-feedback access-lists``: who may do what on the brokers, printed for those who administer them."""

import argparse
from typing import Final

from spplus_chassis import access_texts
from spplus_contracts.access_lists import access_lists, of_source
from spplus_feedback.commands import OUT, CommandError, with_connection
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.sources import sources

_FORMATS: Final = ("kafka-acls", "strimzi", "json")


def access_list_arguments(parser: argparse.ArgumentParser) -> None:
    """``access-lists``."""
    parser.add_argument("--format", choices=_FORMATS, default="kafka-acls", help="for whom (default: %(default)s)")
    parser.add_argument(
        "--source", action="append", metavar="CODE", help="in place of the register of sources; may be repeated"
    )
    parser.add_argument("--no-sources", action="store_true", help="the platform alone, without asking the database")
    parser.add_argument(
        "--user", default=f"spplus-{access_texts.NAME}", help="form of the users' names (default: %(default)s)"
    )
    parser.add_argument("--cluster", default="spplus", help="name of the Strimzi cluster (default: %(default)s)")
    parser.add_argument(
        "--authentication",
        choices=["scram-sha-512", "tls"],
        default="scram-sha-512",
        help="how Strimzi's users prove who they are (default: %(default)s)",
    )


def print_access_lists(arguments: argparse.Namespace, settings: FeedbackSettings) -> int:
    """Print the lists; nothing is changed anywhere."""
    user: str = arguments.user
    if access_texts.NAME not in user:
        raise CommandError(f"--user must hold {access_texts.NAME}: each has a user of his own")
    active, inactive = _sources(arguments, settings)
    principals = access_lists(active, settings.topic_prefix)
    if arguments.format == "json":
        OUT.out(access_texts.as_json(principals, user=user))
    elif arguments.format == "strimzi":
        users = access_texts.strimzi_users(
            principals, user=user, cluster=arguments.cluster, authentication=arguments.authentication
        )
        OUT.out("\n".join(users))
    else:
        revoked = [of_source(code, settings.topic_prefix) for code in inactive]
        servers = settings.kafka_bootstrap_servers
        OUT.out("\n".join(access_texts.kafka_acls(principals, user=user, servers=servers, revoked=revoked)))
    return 0


def _sources(arguments: argparse.Namespace, settings: FeedbackSettings) -> tuple[list[str], list[str]]:
    """Codes of the sources in force, and of those that were taken out of the register."""
    if arguments.no_sources or arguments.source:
        return arguments.source or [], []
    register = with_connection(settings, sources)
    return [each.code for each in register if each.active], [each.code for each in register if not each.active]
