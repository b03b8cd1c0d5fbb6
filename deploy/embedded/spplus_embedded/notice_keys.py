"""The keys of notices: intake signs tickets with them, the notifier checks these and seals addresses."""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from spplus_embedded.private import read_secret, write_secret
from spplus_feedback.notices import NO_KEYS, read_keys


def keep_notice_keys(file: Path) -> Path:
    """The file of the keys, made (mode 600) where it is missing."""
    if not file.exists():
        write_secret(file, NO_KEYS.turned().private())
    return file


def keep_public_keys(file: Path, private: Path) -> Path:
    """The file of the public parts of these keys, written anew."""
    write_secret(file, json.dumps(read_keys(read_secret(private)).public()))
    return file


def keep_seal_key(file: Path) -> str:
    """The key that seals secrets of others in the notifier's database, made (mode 600) where it is missing."""
    if not file.exists():
        write_secret(file, Fernet.generate_key().decode())
    return read_secret(file)


def notice_environment(directory: Path, *, feedback: str, notifier: str, mails: bool) -> Mapping[str, str]:
    """Settings of both services; `mails`: a mail server is set, so notices are offered."""
    private = keep_notice_keys(directory / "notice-keys.json")
    public = keep_public_keys(directory / "notice-public-keys.json", private)
    settings = {
        "SPPLUS_FEEDBACK_NOTICE_KEYS_FILE": str(private),
        "SPPLUS_NOTIFIER_NOTICE_PUBLIC_KEYS_FILE": str(public),
        "SPPLUS_NOTIFIER_SEAL_KEYS": keep_seal_key(directory / "seal-key"),
        "SPPLUS_NOTIFIER_PUBLIC_URL": notifier,
        "SPPLUS_NOTIFIER_FOLLOW_URL": f"{feedback}/suivi",
    }
    return settings | ({"SPPLUS_FEEDBACK_NOTICE_URL": notifier} if mails else {})
