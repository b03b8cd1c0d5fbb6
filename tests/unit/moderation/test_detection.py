"""What the rules find, what they leave alone, and that no text can keep them busy."""

import itertools
import random
import re
from re import _parser as parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_feedback.moderation.detection import RULES, detect
from spplus_feedback.moderation.spans import Kind

LONGEST_REPETITION = 2_000
MOST_STEPS_OF_NESTED_REPETITIONS = 2_000


def found(text):
    return [(span.kind, text[span.start : span.end]) for span in detect(text)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.EMAIL, "jean.dupont@orange.fr"),
        (Kind.EMAIL, "Jean_Dupont+avis@mail.example.co.uk"),
        (Kind.EMAIL, "jean.dupont (at) free.fr"),
        (Kind.EMAIL, "jean arobase free point fr"),
        (Kind.EMAIL, "jean＠free.fr"),  # noqa: RUF001 - full width, as some keyboards write it
        (Kind.PHONE, "0612345678"),
        (Kind.PHONE, "06 12 34 56 78"),
        (Kind.PHONE, "06.12.34.56.78"),
        (Kind.PHONE, "06-12-34-56-78"),
        (Kind.PHONE, "06\u202f12\u202f34\u202f56\u202f78"),
        (Kind.PHONE, "06\u200b12\u200b34\u200b56\u200b78"),
        (Kind.PHONE, "０６１２３４５６７８"),  # noqa: RUF001 - the same
        (Kind.PHONE, "+33 6 12 34 56 78"),
        (Kind.PHONE, "+33 (0)6 12 34 56 78"),
        (Kind.PHONE, "0033612345678"),
        (Kind.PHONE, "0262 12 34 56"),
        (Kind.PHONE, "+687 25 12 34"),
        (Kind.PHONE, "+689 40 12 34 56"),
        (Kind.PHONE, "+41 22 319 00 00"),
        (Kind.PHONE, "+1 (212) 606-3600"),
        (Kind.NIR, "1 85 05 78 006 084 36"),
        (Kind.NIR, "295109912611193"),
        (Kind.NIR, "2 95 10 99 126 111 93"),
        (Kind.NIR, "1 85 05 2A 006 084 91"),
        (Kind.NIR, "2 53 07 2B 073 004 70"),
        (Kind.IBAN, "FR14 2004 1010 0505 0001 3M02 606"),
        (Kind.IBAN, "fr1420041010050500013m02606"),
        (Kind.IBAN, "BE68 5390 0754 7034"),
        (Kind.CARD, "4111 1111 1111 1111"),
        (Kind.CARD, "5555-5555-5555-4444"),
        (Kind.CARD, "378282246310005"),
        (Kind.PLATE, "AB-123-CD"),
        (Kind.PLATE, "AB 123 CD"),
        (Kind.PLATE, "AB123CD"),
        (Kind.PLATE, "ab-123-cd"),
        (Kind.PLATE, "1234 XY 75"),
        (Kind.PLATE, "456 AB 2A"),
        (Kind.ADDRESS, "12 rue des Lilas"),
        (Kind.ADDRESS, "12 bis, avenue du Général de Gaulle, 75011 Paris"),
        (Kind.ADDRESS, "3 place de la République 29200 Brest"),
        (Kind.ADDRESS, "7 chemin des vignes"),
        (Kind.ADDRESS, "BP 123 13001 Marseille"),
        (Kind.ADDRESS, "35000 Rennes"),
        (Kind.ADDRESS, "97400 Saint-Denis"),
        (Kind.FILE_NUMBER, "1234567890123"),
        (Kind.FILE_NUMBER, "12 34 567 890 123"),
        (Kind.FILE_NUMBER, "12AB34567"),
        (Kind.FILE_NUMBER, "7503123456789012"),
        (Kind.IP, "192.168.1.1"),
        (Kind.IP, "2001:db8::1"),
        (Kind.URL, "https://example.org/dossier?id=12"),
        (Kind.URL, "www.example.org"),
        (Kind.URL, "linkedin.example/in/jean-dupont"),
    ],
)
def test_personal_value_is_found_whole_within_a_sentence(kind, value):
    assert found(f"Voici ce que j'ai donné : {value}, et personne n'a répondu.") == [(kind, value)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Mme Dupont m'a reçu.", Kind.NAME, "Dupont"),
        ("Mme. LE GOFF m'a reçu.", Kind.NAME, "LE GOFF"),
        ("M. Jean-Pierre de La Tour était absent.", Kind.NAME, "Jean-Pierre de La Tour"),
        ("Mlle Éloïse Lefèvre était absente.", Kind.NAME, "Éloïse Lefèvre"),
        ("Mlle E\u0301loi\u0308se était absente.", Kind.NAME, "E\u0301loi\u0308se"),
        ("Le Dr House et moi.", Kind.NAME, "House"),
        ("Maître Vergès et Me Martin", Kind.NAME, "Vergès"),
        ("Monsieur d'Ormesson écrit", Kind.NAME, "d'Ormesson"),
        ("merci a mme dupont pour tout", Kind.NAME, "dupont"),
        ("Je m'appelle Awa Diop.", Kind.NAME, "Awa Diop"),
        ("dossier n° 2021-45678 sans suite", Kind.FILE_NUMBER, "2021-45678"),
        ("ma demande n°AB-123456 est perdue", Kind.FILE_NUMBER, "AB-123456"),
        ("numéro fiscal : 12 34 567 890 123", Kind.FILE_NUMBER, "12 34 567 890 123"),
        ("allocataire CAF n° 1234567", Kind.FILE_NUMBER, "1234567"),
        ("mon numéro allocataire est 1234567 A", Kind.FILE_NUMBER, "1234567 A"),
        ("né le 12/03/1975 à Lyon", Kind.BIRTH_DATE, "12/03/1975"),
        ("née à Saint-Denis le 3 août 1980", Kind.BIRTH_DATE, "3 août 1980"),
        ("né(e) le 1er mai 1968", Kind.BIRTH_DATE, "1er mai 1968"),
        ("tél : 022 319 00 00", Kind.PHONE, "022 319 00 00"),
        ("j'habite à 75011 paris depuis peu", Kind.ADDRESS, "75011 paris"),
        ("sécu 185057800608499 fausse", Kind.NIR, "185057800608499"),
        ("RIB FR76 3000 4000 0312 3456 7890 199", Kind.IBAN, "FR76 3000 4000 0312 3456 7890 199"),
    ],
)
def test_words_before_a_value_say_what_it_is(text, kind, value):
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Le 13/07/2021 à 15h30, j'ai payé 10000 euros et 1 200,50 €.",
        "Madame la Préfète, Monsieur le Maire, Madame, Monsieur, bonjour.",
        "Monsieur le Consul et Madame Consul",
        "J'ai appelé le 3939 puis le 3646, 15 fois.",
        "2 place libres et 3 cours annulés, 12 routes barrées",
        "la loi n° 2021-477 et l'article 12",
        "Mon passeport en 2021, mon dossier du 12/03/2022",
        "impots.gouv.fr ne marche pas, voir service-public.fr",
        "2 RDV 20 minutes, 15 CNI 10",
        "4111 1111 1111 1112 n'a pas la bonne clé",
        "de 12:30 à 13:45, version 1.2.3",
        "Merci à tous !",
        "",
    ],
)
def test_what_names_nobody_is_left_alone(text):
    assert found(text) == []


def test_of_two_that_overlap_nothing_that_was_found_is_left_out():
    text = "10 avenue Foch BP 123 13001 Marseille, mailto:jean@free.fr"
    assert [value for _, value in found(text)] == ["10 avenue Foch", "BP 123 13001 Marseille", "jean@free.fr"]


@given(st.text(max_size=400) | st.text("0123456789 .-+()@AaFfRr/:\u200b\u202f\n'é", max_size=300))
def test_places_are_in_order_within_the_text_and_the_same_each_time(text):
    places = detect(text)
    assert all(0 <= place.start < place.end <= len(text) for place in places)
    assert all(before.end <= after.start for before, after in itertools.pairwise(places))
    assert detect(text) == places


@given(st.sampled_from(["06 12 34 56 78", "jean@free.fr", "AB-123-CD", "FR14 2004 1010 0505 0001 3M02 606"]), st.data())
def test_unseen_characters_hide_nothing(value, data):
    at = data.draw(st.integers(1, len(value) - 1))
    unseen = data.draw(st.sampled_from(["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060"]))
    hidden = value[:at] + unseen + value[at:]
    assert [text for _, text in found(f"voici {hidden} voilà")] == [hidden]


def repetitions(tree, outer=1):
    """Most turns of each repetition, counting those that it stands in."""
    for operation, argument in tree:
        name = str(operation)
        if name.endswith("REPEAT"):
            low, high, inside = argument
            yield int(low), int(high), outer
            yield from repetitions(inside, outer * max(int(high), 1))
        elif name == "SUBPATTERN":
            yield from repetitions(argument[-1], outer)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from repetitions(branch, outer)
        elif name in {"ASSERT", "ASSERT_NOT"}:
            yield from repetitions(argument[1], outer)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{len(rule.pattern.pattern)}")
def test_each_pattern_ends_after_a_bounded_number_of_steps(rule):
    tree = parser.parse(rule.pattern.pattern, rule.pattern.flags & (re.VERBOSE | re.ASCII | re.IGNORECASE))
    turns = list(repetitions(tree))
    assert all(high <= LONGEST_REPETITION for _, high, _ in turns)
    assert all(high * outer <= MOST_STEPS_OF_NESTED_REPETITIONS for _, high, outer in turns)


@pytest.mark.parametrize(
    "bait",
    [
        "0 ",
        "+1",
        "a.",
        "a@",
        "1 rue de la ",
        "Mme A ",
        "FR76 1234 ",
        "n° n° ",
        "12-",
        "::",
        "né à ",
        "A-",
        "75001 A",
        "www.a/",
    ],
)
def test_a_text_made_to_keep_the_rules_busy_is_read_to_its_end(bait):
    """What would take exponential time never ends; the run's own limit of time is the judge."""
    text = (bait * 10_000)[:10_000] + "\n;jean.dupont@orange.fr"
    assert detect(text)[-1].end == len(text)


def test_a_text_of_any_length_is_read_in_slices_of_the_same_work():
    """Of a text put together from parts that cannot touch, what is found is what is found in the parts."""
    parts = ["Mme Dupont", "06 12 34 56 78", "rien", "12 rue des Lilas", "jean@free.fr", "AB-123-CD"]
    random.Random(7).shuffle(parts)
    apart = [value for part in parts for value in found(part)]
    assert found(" ;\n; ".join(parts * 50)) == apart * 50
