from datetime import UTC, datetime
from pathlib import Path

import pytest

from spplus_contracts.feedback import Dimensions
from spplus_contracts.vocabulary import Channel, Sentiment
from spplus_feedback.imports.experience_rows import (
    REQUIRED,
    ToldExperience,
    channels_of,
    instant_of,
    told_experience,
)
from spplus_feedback.imports.table import Row, Table, Unreadable

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = datetime(2024, 6, 1, 8, tzinfo=UTC)


def told(name):
    with Table(FIXTURES / name, REQUIRED) as table:
        return [row if isinstance(row, Unreadable) else told_experience(row, now=NOW) for row in table]


def tell(**cells):
    columns = {"id": "ID expérience", "written": "Écrit le", "answered": "Date de premiere réponse"}
    columns |= {"state": "Etat expérience", "reply": "Réponse structure 1", "title_1": "Intitulé structure 1"}
    columns |= {"title_2": "Intitulé structure 2", "post_code": "Code postal", "country": "Pays"}
    fields = {"id": "1", "written": "2022-02-01", "title_1": "A"} | cells
    experience = told_experience(Row(2, {columns.get(name, name): value for name, value in fields.items()}), now=NOW)
    assert isinstance(experience, ToldExperience)
    return experience


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-12-31", datetime(2021, 12, 31, 11, tzinfo=UTC)),
        ("31/12/2021", datetime(2021, 12, 31, 11, tzinfo=UTC)),
        ("2021-07-01", datetime(2021, 7, 1, 10, tzinfo=UTC)),
        ("2021-12-31 23:30", datetime(2021, 12, 31, 22, 30, tzinfo=UTC)),
        ("2021-12-31T23:30:05.120", datetime(2021, 12, 31, 22, 30, 5, tzinfo=UTC)),
        ("01/02/2021 08:15:00", datetime(2021, 2, 1, 7, 15, tzinfo=UTC)),
        ("2021-02-29", None),
        ("12/31/2021", None),
        ("31-12-2021", None),
        ("", None),
        ("2021-12-31 25:00", None),
    ],
)
def test_instant_of_reads_both_formats_in_paris(text, expected):
    assert instant_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "all_known"),
    [
        ("Accueil,", {Channel.DESK}, True),
        ("Démarche en ligne, E-mail, Démarche en ligne,", {Channel.ONLINE_PROCEDURE, Channel.EMAIL}, True),
        ("Téléphone,Courrier", {Channel.PHONE, Channel.MAIL}, True),
        ("Tchat (messagerie instantanée), Réseaux Sociaux,", {Channel.CHAT, Channel.SOCIAL_NETWORK}, True),
        ("Compte ou espace personnel,", {Channel.ONLINE_ACCOUNT}, True),
        ("Pigeon, Accueil,", {Channel.OTHER, Channel.DESK}, False),
        ("", set(), True),
        (" , ,", set(), True),
    ],
)
def test_channels_of_a_list_in_any_order(text, expected, all_known):
    assert channels_of(text) == (expected, all_known)


def test_told_experiences_of_a_file_in_the_official_layout():
    first, second, third, *_ = told("experiences.csv")
    assert first.official_id == "9001"
    assert first.story == 'Première ligne ;\navec "guillemets"\n\nfin.'
    assert first.sentiment is Sentiment.POSITIVE
    assert first.dimensions == Dimensions(
        accessibility=Sentiment.POSITIVE,
        information=Sentiment.NEUTRAL,
        responsiveness=Sentiment.NEGATIVE,
        simplicity=Sentiment.POSITIVE,
    )
    assert first.structures[0].channels == {Channel.DESK, Channel.ONLINE_PROCEDURE}
    assert first.structures[0].answer_text == "Merci à vous"
    assert first.answered_at == datetime(2021, 3, 9, 11, tzinfo=UTC)
    assert (first.department, first.country) == ("29", "FR")
    assert [(named.position, named.answered) for named in second.structures] == [(1, False), (2, True)]
    assert second.structures[1].answer_text is None
    assert third.answered_at is None
    assert all(experience.answer_expected for experience in (first, second, third))


def test_told_experiences_bad_rows_say_why_and_where():
    bad = [(one.line, one.reason) for one in told("experiences-doubtful.csv") if isinstance(one, Unreadable)]
    assert bad == [
        (2, "missing_id"),
        (3, "bad_date"),
        (4, "bad_date"),
        (5, "date_too_old"),
        (6, "date_in_the_future"),
        (9, "wrong_columns"),
    ]


def test_ids_derive_from_the_official_id_alone():
    one, again = tell(id="77", title_1="A"), tell(id="77", title_1="B", written="2021-01-01")
    assert one.feedback_id == again.feedback_id
    assert one.request_id(1) == again.request_id(1)
    ids = {one.feedback_id, one.request_id(1), one.request_id(2), one.answer_id(1), tell(id="78").feedback_id}
    assert len(ids) == 5


@pytest.mark.parametrize(
    ("cells", "answered", "doubts"),
    [
        ({"reply": "Oui", "answered": "2022-02-01"}, True, ()),
        ({"answered": "2022-02-03"}, True, ()),
        ({"answered": "2022-02-03", "title_2": "B"}, False, ("answer_without_structure",)),
        ({"reply": "Oui"}, False, ("answer_without_date",)),
        ({"reply": "Oui", "answered": "bientôt"}, False, ("bad_answer_date",)),
        ({"reply": "Oui", "answered": "2024-06-02"}, False, ("bad_answer_date",)),
        ({"reply": "Oui", "answered": "2022-01-31"}, False, ("answer_before_experience",)),
        ({"reply": "Non"}, False, ()),
    ],
)
def test_answer_needs_a_structure_and_a_date_to_believe(cells, answered, doubts):
    experience = tell(**cells)
    assert (experience.answered_at is not None) == answered
    assert experience.doubts == doubts


def test_answer_of_the_same_day_is_not_before_the_story():
    experience = tell(written="2022-02-01 16:00", reply="Oui", answered="2022-02-01")
    assert experience.answered_at == experience.written_at


def test_silence_of_a_file_that_tells_no_answers_is_not_counted_as_silence():
    assert not tell().answer_expected
    assert tell(state="A traiter").answer_expected
    assert tell(answered="2022-02-03").answer_expected


def test_unknown_feeling_is_left_out_and_said():
    experience = tell(**{"Ressenti usager": "Ravi"})
    assert (experience.sentiment, experience.doubts) == (None, ("unknown_feeling",))


@pytest.mark.parametrize(
    ("post_code", "country", "expected"),
    [
        ("29200", "France", "29"),
        ("4000", "France", "04"),
        ("20090", "", "2A"),
        ("20200", "France", "2B"),
        ("97400", "France", "974"),
        ("98800", "France", "988"),
        ("98000", "France", None),
        ("29200", "Suisse", None),
        ("", "France", None),
    ],
)
def test_department_of_the_citizen_comes_from_a_french_post_code(post_code, country, expected):
    assert tell(post_code=post_code, country=country).department == expected
