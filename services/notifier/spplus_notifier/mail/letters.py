"""What the mails say, in French: no word of a story, no follow-up code, no name."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from spplus_chassis.french import fixed

DOOR: Final = "/me-prevenir"
CONFIRM: Final = f"{DOOR}/confirmer"
STOP: Final = f"{DOOR}/arreter"
SUBSCRIPTION_CONFIRM: Final = "/messages/confirmer"
SUBSCRIPTION_KEEP: Final = "/messages/garder"
SUBSCRIPTION_STOP: Final = "/messages/arreter"
_SIGNED: Final = "Services publics : vos expériences et nos résultats"
_NO_REPLY: Final = "Ce message est envoyé automatiquement : merci de ne pas y répondre."

_templates: Final = Environment(
    loader=PackageLoader("spplus_notifier"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


_UNBROKEN: Final = 16


def _breakable(address: str) -> Markup:
    """An address that a narrow screen may break, and that is copied whole."""
    parts = (address[start : start + _UNBROKEN] for start in range(0, len(address), _UNBROKEN))
    return Markup("<wbr>").join(parts)


def _bound(text: str) -> str:
    """A colon or a question mark begins no line."""
    return fixed(text).replace(" :", "\u00a0:")


_templates.filters.update(breakable=_breakable, bound=_bound)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in words; the same for its text and its HTML."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str
    address: str
    """Where the button leads."""
    after: tuple[str, ...]
    stop: str | None
    """Where mails are ended; none for a notice about something of the reader's own."""
    lines: tuple[str, ...] = ()
    """Figures, one sentence each."""

    def text(self) -> str:
        """For readers that show no HTML."""
        listed = ("\n".join(f"- {line}" for line in self.lines),) if self.lines else ()
        parts = ("Bonjour,", *self.paragraphs, *listed, f"{self.button} :\n{self.address}", *self.after)
        footing = _NO_REPLY if self.stop is None else f"{_NO_REPLY}\nNe plus recevoir de message :\n{self.stop}"
        return "\n\n".join((*parts, _SIGNED, f"-- \n{footing}")) + "\n"

    def html(self) -> str:
        """The same with a button."""
        return _templates.get_template("mail/letter.html").render(letter=self, signed=_SIGNED, no_reply=_NO_REPLY)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links of mails lead."""

    notifier: str
    """Root of this service as browsers reach it."""
    follow: str
    """The page where a citizen types the follow-up code."""

    def confirm(self, code: str) -> str:
        """The page with the button of consent."""
        return f"{self.notifier.rstrip('/')}{CONFIRM}?code={code}"

    def stop(self, code: str) -> str:
        """The page with the button that ends mails; a POST there ends them at once (RFC 8058)."""
        return f"{self.notifier.rstrip('/')}{STOP}?code={code}"

    def confirm_subscription(self, code: str) -> str:
        """The same for the figures of a structure."""
        return f"{self.notifier.rstrip('/')}{SUBSCRIPTION_CONFIRM}?code={code}"

    def keep_subscription(self, code: str) -> str:
        """The page with the button by which they go on for another year."""
        return f"{self.notifier.rstrip('/')}{SUBSCRIPTION_KEEP}?code={code}"

    def stop_subscription(self, code: str) -> str:
        """The same for the figures of a structure."""
        return f"{self.notifier.rstrip('/')}{SUBSCRIPTION_STOP}?code={code}"

    def documentation(self) -> str:
        """The documentation of the API."""
        return f"{self.notifier.rstrip('/')}/openapi"

    def structure(self, structure_code: str) -> str:
        """The results of a structure."""
        return f"{self.notifier.rstrip('/')}/structures/{quote(structure_code, safe='')}"


def letter_of(kind: str, code: str, addresses: Addresses, parameters: str | None = None) -> Letter:
    """The letter of a kind; `parameters` are the JSON of one about figures. Raises `KeyError` for an unknown kind."""
    if kind in _FIGURES:
        told = json.loads(parameters or "{}")
        return _about_figures(_FIGURES[kind], code, addresses, told)
    if kind == WEBHOOK_DISABLED:
        return _about_a_webhook(addresses, json.loads(parameters or "{}"))
    if kind == "confirm":
        return Letter(
            "Confirmez pour être prévenu de la réponse",
            (
                (
                    "Votre adresse a été saisie pour être prévenue quand un service public répondra à une expérience "
                    "racontée sur notre site."
                ),
                "Si c'est bien vous, ouvrez la page ci-dessous et appuyez sur le bouton. Ce lien est valable 3 jours.",
            ),
            "Confirmer mon adresse",
            addresses.confirm(code),
            (
                (
                    "Si ce n'est pas vous, ne faites rien : vous ne recevrez pas d'autre message, et votre adresse "
                    "sera effacée."
                ),
            ),
            addresses.stop(code),
        )
    subject, paragraphs, button = _TOLD[kind]
    return Letter(subject, paragraphs, button, addresses.follow, (_WHERE_THE_CODE_IS,), addresses.stop(code))


def _about_a_webhook(addresses: Addresses, told: Mapping[str, Any]) -> Letter:
    return Letter(
        "Votre système ne reçoit plus les résultats qui changent",
        (_DISABLED_FOR[told["reason"]].format(**told), *(paragraph.format(**told) for paragraph in _HOW_TO_ENABLE)),
        "Lire la documentation",
        addresses.documentation(),
        (_CONTACT_OF_THE_KEY,),
        None,
    )


WEBHOOK_DISABLED: Final = "webhook_disabled"
_DISABLED_FOR: Final = {
    "failing": "Depuis un jour, l'adresse {host} ne répond pas à nos appels, ou les refuse.",
    "gone": "L'adresse {host} a répondu qu'elle ne veut plus d'appels (410).",
}
_HOW_TO_ENABLE: Final = (
    "Nous avons donc cessé de l'appeler (webhook {webhook}, clé « {key} »).",
    (
        "Rien n'est perdu : quand vous réactivez ce webhook (POST /v1/webhooks/{webhook}/enable), les chiffres qui ont "
        "changé entre-temps vous sont envoyés."
    ),
)
_CONTACT_OF_THE_KEY: Final = (
    "Vous recevez ce message parce que votre adresse est le contact de cette clé. Pour changer de contact, "
    "demandez-le à l'organisme qui vous a remis la clé."
)


class _Words(NamedTuple):
    """What a letter about the figures of a structure says."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str
    asks: Callable[[Addresses, str], str] | None = None
    """Where the button leads by which something is asked; to the figures, if absent."""
    after: tuple[str, ...] = ()


def _about_figures(words: _Words, code: str, addresses: Addresses, told: Mapping[str, Any]) -> Letter:
    told = {**told, "name": " ".join(told["name"].split())}  # a header has one line
    return Letter(
        words.subject.format(**told),
        (*(paragraph.format(**told) for paragraph in words.paragraphs), *_news_of(told)),
        words.button,
        addresses.structure(told["code"]) if words.asks is None else words.asks(addresses, code),
        words.after,
        addresses.stop_subscription(code),
        tuple(told.get("lines", ())),
    )


def _news_of(told: Mapping[str, Any]) -> Iterator[str]:
    """What a digest says before its list."""
    if "overdue" not in told:
        return
    if told["overdue"] is not None:
        yield told["overdue"]
    yield _CHANGED if told["lines"] else _UNCHANGED


_CHANGED: Final = "Les chiffres des douze derniers mois qui ont changé en une semaine :"
_UNCHANGED: Final = "Aucun autre chiffre des douze derniers mois n'a changé en une semaine."
_FIGURES: Final = {
    "confirm_subscription": _Words(
        "Confirmez pour recevoir les résultats par message",
        (
            "Votre adresse a été saisie pour recevoir les résultats de : {name}.",
            "Si c'est bien vous, ouvrez la page ci-dessous et appuyez sur le bouton. Ce lien est valable 3 jours.",
        ),
        "Confirmer mon adresse",
        Addresses.confirm_subscription,
        (
            (
                "Si ce n'est pas vous, ne faites rien : vous ne recevrez rien d'autre à ce sujet, et votre adresse "
                "sera effacée."
            ),
        ),
    ),
    "keep_subscription": _Words(
        "Voulez-vous continuer à recevoir ces résultats ?",
        (
            "Vous recevez par message, depuis un an, les résultats de : {name}.",
            "Pour continuer, ouvrez la page ci-dessous et appuyez sur le bouton. Ce lien est valable 30 jours.",
        ),
        "Continuer à recevoir ces messages",
        Addresses.keep_subscription,
        ("Si vous ne voulez plus les recevoir, ne faites rien : ils s'arrêteront, et votre adresse sera effacée.",),
    ),
    "digest": _Words(
        "Les chiffres de la semaine : {name}",
        ("Voici les nouvelles de la semaine pour : {name}.",),
        "Voir tous les résultats",
    ),
    "significant": _Words(
        "Un résultat a nettement changé : {name}",
        (
            "D'un mois ou d'un trimestre au suivant, au moins un résultat a nettement changé pour : {name}.",
            "Le hasard seul produit rarement un tel écart : les marges d'incertitude ne se recouvrent pas.",
        ),
        "Voir tous les résultats",
    ),
}
_WHERE_THE_CODE_IS: Final = (
    "Sur cette page, saisissez le code de suivi qui vous a été donné après l'envoi. Pour votre sécurité, ce message ne "
    "contient ni ce code, ni votre texte, ni la réponse."
)
_LAST: Final = "Votre adresse est maintenant effacée : c'est notre dernier message à ce sujet."
_TOLD: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "answered": (
        "Un service public vous a répondu",
        ("Un service public a répondu à l'expérience que vous avez racontée.",),
        "Lire la réponse",
    ),
    "closed": (
        "Votre expérience ne recevra pas de réponse",
        (
            "Le service public concerné a décidé de ne pas répondre à l'expérience que vous avez racontée.",
            "Nous préférons vous le dire.",
        ),
        "Voir où en est mon expérience",
    ),
    "moderated": (
        "Votre expérience n'a pas été retenue",
        (
            (
                "Après relecture, l'expérience que vous avez racontée n'a pas été retenue : elle ne recevra pas de "
                "réponse. La raison est indiquée sur la page de suivi."
            ),
            _LAST,
        ),
        "Voir la raison",
    ),
    "expired": (
        "Toujours pas de réponse à votre expérience",
        (
            (
                "Vous nous aviez demandé de vous prévenir de la réponse à votre expérience. Elle n'est pas encore "
                "arrivée, et nous ne gardons pas votre adresse plus longtemps."
            ),
            _LAST,
            "Vous pouvez toujours regarder vous-même si une réponse est arrivée, et redemander à être prévenu.",
        ),
        "Voir où en est mon expérience",
    ),
}
