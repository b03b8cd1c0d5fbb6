import json

from cryptography.fernet import Fernet

from spplus_embedded.notice_keys import keep_notice_keys, keep_seal_key, notice_environment
from spplus_feedback.notices import read_keys
from spplus_notifier.mail.tickets import read_public_keys


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    file = keep_notice_keys(tmp_path / "notice-keys.json")
    first = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(read_keys(first).keys) == 1
    assert keep_notice_keys(file).read_text() == first


def test_notifier_gets_the_public_parts_and_a_seal_key_of_its_own(tmp_path):
    addresses = {"feedback": "http://127.0.0.1:1", "notifier": "http://127.0.0.1:3"}
    given = notice_environment(tmp_path, **addresses, mails=False)
    public = (tmp_path / "notice-public-keys.json").read_text()
    [key] = read_keys((tmp_path / "notice-keys.json").read_text()).keys
    assert set(read_public_keys(public)) == {key.kid}
    assert "d" not in json.loads(public)["keys"][0]
    assert Fernet(given["SPPLUS_NOTIFIER_SEAL_KEYS"])
    assert keep_seal_key(tmp_path / "seal-key") == given["SPPLUS_NOTIFIER_SEAL_KEYS"]


def test_notices_are_offered_only_where_mails_can_be_sent(tmp_path):
    addresses = {"feedback": "http://127.0.0.1:1", "notifier": "http://127.0.0.1:3"}
    assert "SPPLUS_FEEDBACK_NOTICE_URL" not in notice_environment(tmp_path, **addresses, mails=False)
    offered = notice_environment(tmp_path, **addresses, mails=True)
    assert offered["SPPLUS_FEEDBACK_NOTICE_URL"] == "http://127.0.0.1:3"
