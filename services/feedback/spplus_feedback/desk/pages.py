"""Pages of the agent's desk, put together."""

from fastapi import APIRouter, Response

from spplus_feedback.desk import (
    act_pages,
    answer_pages,
    list_pages,
    proposal_pages,
    request_pages,
    route_pages,
    template_pages,
)
from spplus_feedback.desk.surroundings import Surroundings
from spplus_feedback.screens import Page, stylesheet


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    for room in (list_pages, request_pages, answer_pages, act_pages, route_pages, template_pages, proposal_pages):
        routes.include_router(room.router(around))

    @routes.get("/static/desk.css")
    async def get_stylesheet() -> Response:
        return stylesheet("desk.css")

    return routes
