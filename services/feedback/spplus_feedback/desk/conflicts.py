"""What an agent is told whose page was older than the request: what happened meanwhile, and where his words are."""

from fastapi import Response

from spplus_feedback.accounts.people import Person
from spplus_feedback.accounts.roles import Action
from spplus_feedback.desk.request_queries import said_about
from spplus_feedback.desk.speaking import held_request
from spplus_feedback.desk.surroundings import Surroundings
from spplus_feedback.screens import page
from spplus_feedback.wording import moment_of


async def conflict(
    around: Surroundings,
    person: Person,
    request_id: str,
    *,
    text: str = "",
    sent_before: bool = False,
    elsewhere: bool = False,
) -> Response:
    """The page, with nothing done; `sent_before`: the form was sent already, in other words."""
    said = []
    if not elsewhere:
        async with around.pool().acquire() as connection:
            request = await held_request(connection, person, Action.READ_REQUESTS, request_id, around.clock())
            said = await said_about(connection, request)
    return page(
        "desk/conflict.html",
        status=409,
        person=person,
        request_id=request_id,
        said=said[-3:],
        text=text,
        sent_before=sent_before,
        elsewhere=elsewhere,
        moment=moment_of,
    )
