"""The operators' commands, as they are typed."""

from pathlib import Path

import pytest

from spplus_feedback.__main__ import main

pytestmark = pytest.mark.integration

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_commands_import_show_a_summary_and_write_the_rejects(database_url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    assert main(["import-structures", str(FIXTURES / "structures.csv")]) == 1
    assert "migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert main(["import-structures", str(FIXTURES / "structures.csv")]) == 0
    assert main(["import-experiences", str(FIXTURES / "experiences.csv")]) == 0
    shown = capsys.readouterr().out
    assert "experiences that are new" in shown
    assert "typology_of_row" in shown
    assert (tmp_path / "experiences.rejects.csv").exists()
    assert main(["import-experiences", str(FIXTURES / "structures.csv")]) == 1
    assert "lacks the columns" in capsys.readouterr().err
    assert main(["import-experiences", str(FIXTURES / "experiences.csv"), "--fallback", "nowhere"]) == 1
    nowhere = str(tmp_path / "nowhere" / "rejects.csv")
    assert main(["import-structures", str(FIXTURES / "structures.csv"), "--rejects", nowhere]) == 1
    assert "--rejects" in capsys.readouterr().err


def test_commands_keys_are_made_listed_and_revoked(database_url, monkeypatch, capsys):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    main(["migrate"])
    main(["import-structures", str(FIXTURES / "structures.csv"), "--rejects", "/dev/null"])
    capsys.readouterr()
    making = ["keys", "create", "--name", "guichet", "--scope", "requests:answer", "--structure"]
    assert main([*making, "STR-101"]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("spplus_")
    assert main([*making, "nowhere"]) == 1
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert "guichet" in listed
    assert key not in listed
    assert main(["keys", "revoke", "1"]) == 0
    assert main(["keys", "revoke", "1"]) == 1


def test_commands_sources_are_registered_with_their_topic(
    database_url, kafka, topic_prefix, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    monkeypatch.setenv("SPPLUS_KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("SPPLUS_TOPIC_PREFIX", topic_prefix)
    main(["migrate"])
    main(["import-structures", str(FIXTURES / "structures.csv"), "--rejects", str(tmp_path / "r.csv")])
    capsys.readouterr()
    adding = ["sources", "add", "phares", "--name", "Standard des phares", "--bulk", "call"]
    assert main([*adding, "--structure", "bC4eF6gH8i"]) == 0
    assert capsys.readouterr().out.strip() == f"{topic_prefix}spplus.inbound.phares.v1"
    assert main([*adding, "--structure", "bC4eF6gH8i", "--feedback", "survey"]) == 0
    assert main([*adding, "--structure", "nowhere"]) == 1
    assert main([*adding, "--structure", "bC4eF6gH8i", "--single", "call"]) == 1
    assert main(["sources", "add", "Majuscule", "--name", "x", "--structure", "bC4eF6gH8i"]) == 1
    assert main(["sources", "add", "spplus", "--name", "x", "--structure", "bC4eF6gH8i"]) == 1
    capsys.readouterr()
    assert main(["sources", "list"]) == 0
    assert "Standard des phares" in capsys.readouterr().out
    assert main(["sources", "remove", "phares"]) == 0
    assert main(["sources", "remove", "phares"]) == 1


def test_commands_without_a_database_say_so(monkeypatch, capsys):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["keys", "list"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_commands_retention_shows_what_would_go_and_lets_it_go(database_url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPPLUS_FEEDBACK_DATABASE_URL", database_url)
    monkeypatch.setenv("SPPLUS_FEEDBACK_RETENTION_UNANSWERED_WORDS_DAYS", "1")
    monkeypatch.setenv("SPPLUS_FEEDBACK_RETENTION_WORDS_DAYS", "1")
    monkeypatch.setenv("SPPLUS_FEEDBACK_RETENTION_PUBLIC_WORDS_DAYS", "0")
    main(["migrate"])
    for command, table in (("import-structures", "structures.csv"), ("import-experiences", "experiences.csv")):
        main([command, str(FIXTURES / table), "--rejects", str(tmp_path / "r.csv")])
    capsys.readouterr()

    def words_that_go(*options):
        assert main(["retention", *options]) == 0
        (line,) = (line for line in capsys.readouterr().out.splitlines() if "stories whose own words" in line)
        return int(line.split("│")[-2])

    due = words_that_go("--dry-run")
    assert due > 0
    assert words_that_go("--dry-run") == due
    assert words_that_go() == due
    assert words_that_go() == 0
