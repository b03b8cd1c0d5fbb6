"""The call that a subscriber receives, as the API's documentation shows it. Nothing here is served."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorCode, Instant, PeriodKind, StructureCode
from spplus_notifier.webhooks.message import FIGURES, TEST


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class RemovedFigure(_Sent):
    """A figure that does not stand any more."""

    structure_code: StructureCode
    indicator_code: IndicatorCode
    period_kind: PeriodKind
    period_start: str
    """First day of the period; `latest` for the last twelve months."""


class ChangedFigures(_Sent):
    """What changed, each figure in the revision that stood when the message was made; at most 500 in all."""

    figures: list[IndicatorComputed]
    removed: list[RemovedFigure]


class FiguresMessage(_Sent):
    """Tells figures."""

    type: Literal["fr.spplus.indicators.changed.v1"] = FIGURES
    timestamp: Instant
    """When the message was made."""
    data: ChangedFigures


class NoData(_Sent):
    """Nothing."""


class TestMessage(_Sent):
    """Tells nothing: somebody tries the way."""

    type: Literal["fr.spplus.webhook.test.v1"] = TEST
    timestamp: Instant
    data: NoData


calls = APIRouter()


@calls.post("{$request.body#/url}", status_code=204)
def receive_figures(
    body: FiguresMessage | TestMessage,
    webhook_id: Annotated[str, Header(alias="webhook-id", description="The message; the same at each attempt")],
    webhook_timestamp: Annotated[
        int, Header(alias="webhook-timestamp", description="When this call was made, in seconds since 1970")
    ],
    webhook_signature: Annotated[
        str,
        Header(
            alias="webhook-signature",
            description="`v1,` and base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`, with the "
            "secret (without `whsec_`, decoded from base64) as key; while a secret is changed, two with a space",
            examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
        ),
    ],
) -> None:
    """Figures changed. Check the signature as Standard Webhooks says; answer 2xx once the message is dealt with.

    Any other answer, a redirect, or none within ten seconds: the same message is sent again, for a day. 410 disables
    the webhook at once.
    """
