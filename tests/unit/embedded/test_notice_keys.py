from spplus_embedded.notice_keys import keep_notice_keys
from spplus_feedback.notices import read_keys


def test_keys_are_made_once_for_their_owner_alone(tmp_path):
    file = keep_notice_keys(tmp_path / "notice-keys.json")
    first = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(read_keys(first).keys) == 1
    assert keep_notice_keys(file).read_text() == first
