"""The command that makes and turns over the keys that sign tickets for notices."""

import argparse
import os
from pathlib import Path

from spplus_feedback.commands import OUT, CommandError
from spplus_feedback.notices import NO_KEYS, BadKeys, read_keys
from spplus_feedback.settings import FeedbackSettings


def notice_key_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``notice-keys``."""
    parser.add_argument("file", type=Path, help="file of the keys: made, or given a new key in front of its first")


def turn_notice_keys(arguments: argparse.Namespace, _settings: FeedbackSettings) -> int:
    """Put a new key to sign in front; the one before stays, so that tickets given out are still taken."""
    file: Path = arguments.file
    try:
        keys = read_keys(file.read_text(encoding="utf-8")) if file.exists() else NO_KEYS
    except BadKeys as fault:
        raise CommandError(f"{file}: {fault}") from None
    turned = keys.turned()
    write_private(file, turned.private())
    OUT.print(f"{file}: signs with {turned.keys[0].kid}; {len(turned.keys)} published. Start the service again.")
    return 0


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    incoming = file.with_name(f".{file.name}.incoming")
    incoming.unlink(missing_ok=True)
    with os.fdopen(os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
    incoming.replace(file)
