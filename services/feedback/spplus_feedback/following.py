"""Where a story stands, as its author is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from spplus_feedback.bodies import AnswerShown, FollowedBody, FollowedRequestBody
from spplus_feedback.queries import FollowedRequest, FollowedStory
from spplus_feedback.standing import Status

StoryStatus = Literal["received", "answered", "closed", "withdrawn"]


def followed_body(story: FollowedStory, now: datetime) -> FollowedBody:
    """The story with its requests and answers."""
    return FollowedBody(
        feedback_id=story.feedback_id,
        status=story_status([request.status for request in story.requests]),
        submitted_at=story.submitted_at,
        withdrawn_at=story.withdrawn_at,
        title=story.title,
        story=story.story,
        suggestion=story.suggestion,
        requests=tuple(_request(request, now) for request in story.requests),
    )


def story_status(statuses: Sequence[Status]) -> StoryStatus:
    """Withdrawn goes before all; else a story is what its slowest request is."""
    if Status.WITHDRAWN in statuses:
        return "withdrawn"
    if Status.WAITING in statuses:
        return "received"
    return "answered" if Status.ANSWERED in statuses else "closed"


def is_overdue(status: Status, due_at: datetime | None, now: datetime) -> bool:
    """Whether a promise has passed without an answer; a due date exactly met is on time."""
    return status is Status.WAITING and due_at is not None and due_at < now


def _request(request: FollowedRequest, now: datetime) -> FollowedRequestBody:
    return FollowedRequestBody(
        request_id=request.request_id,
        structure_code=request.structure_code,
        structure_name=request.structure_name,
        holder_code=request.holder_code,
        status=request.status.value,
        answer_due_at=request.due_at,
        promised_at=request.promised_at,
        overdue=is_overdue(request.status, request.due_at, now),
        answers=tuple(
            AnswerShown(answered_at=answer.said_at, text=answer.text, by_another_channel=answer.elsewhere)
            for answer in request.answers
        ),
    )
