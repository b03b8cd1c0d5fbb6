"""Rows of the official file of experiences, as odd as the real ones, from a seed."""

import csv
import random
from datetime import date, timedelta

from spplus_feedback.official_columns import COLUMNS

CHANNELS = ("Accueil", "Téléphone", "E-mail", "Courrier", "Réseaux Sociaux", "Tchat (messagerie instantanée)", "Pigeon")
FEELINGS = ("Positif", "Neutre", "Négatif", "", "Mitigé")
TITLES = (
    "Centre des impôts de Saint-Étienne",
    "mairie de bourg",
    "Préfecture d'ailleurs",
    "Réseau des essais",
    "Nulle part",
    "",
)
WORDS = (
    "J'ai attendu ; longtemps",
    'un "mot" cité',
    "=1+1",
    "-10 minutes",
    "Première ligne\nseconde",
    "cœur d’été 🙂",
    "'apostrophe",
)


def official_rows(count, *, seed, prefix="r"):
    """Rows that can be read, each with an id of its own; cells as an import strips them; the first has no words."""
    chance = random.Random(seed)
    rows = [_row(chance, f"{prefix}{number}") for number in range(count)]
    rows[0] |= {"Titre": "", "Description": ""}
    return rows


def write_rows(path, rows):
    """The file, as the programme writes it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_rows(path):
    """Rows by id, without empty cells."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return {row["ID expérience"]: {name: text for name, text in row.items() if text} for row in rows}


def _row(chance, official_id):
    written = date(2019, 1, 1) + timedelta(days=chance.randrange(1_500))
    row = dict.fromkeys(COLUMNS, "") | {
        "ID expérience": official_id,
        "Écrit le": _day(chance, written) + chance.choice(("", "", " 08:15:30")),
        "Date de publication": chance.choice(("", _day(chance, written + timedelta(days=2)))),
        "Titre": chance.choice((*WORDS, "")),
        "Description": "" if chance.random() < 0.1 else " ".join(chance.choices(WORDS, k=3)),
        "Ressenti usager": chance.choice(FEELINGS),
        "Relation": chance.choice(FEELINGS),
        "Simplicité/Complexité": chance.choice(FEELINGS),
        "Pays": chance.choice(("France", "Belgique", "")),
        "Code postal": chance.choice(("01000", "1000", "")),
        "commune": chance.choice(("Bourg", "")),
        "Démarches saisies par usager": chance.choice(WORDS),
    }
    answered = False
    for position in range(1, 1 + chance.choice((1, 1, 2, 3))):
        reply = chance.choice(("", "", "Merci ;\nnous progressons", "oui", "Non"))
        row |= {
            f"Intitulé Typologie {position}": chance.choice(("", "Mairie")),
            f"Intitulé structure {position}": chance.choice(TITLES),
            f"Canaux Typologie {position}": "".join(f"{c}," for c in chance.choices(CHANNELS, k=chance.randrange(4))),
            f"Réponse structure {position}": reply,
            f"Statut réponse structure {position}": chance.choice(("", "Répondu", "Publiée")) if reply else "",
        }
        answered = answered or bool(reply)
    if answered and chance.random() < 0.8:
        row["Date de premiere réponse"] = _day(chance, written + timedelta(days=chance.randrange(-1, 30)))
    row["Etat expérience"] = chance.choice(("", "Traitée", "A traiter"))
    return row


def _day(chance, day):
    return chance.choice((day.isoformat(), day.strftime("%d/%m/%Y")))
