"""Where a story stands, as its author is told."""

from datetime import datetime
from typing import Literal

from spplus_feedback.followed_bodies import AnswerShown, FollowedBody, FollowedRequestBody, StepShown
from spplus_feedback.queries import FollowedRequest, FollowedStory
from spplus_feedback.standing import Status
from spplus_feedback.stories import Moderation
from spplus_feedback.timeline import Milestone, timeline

StoryStatus = Literal["received", "answered", "closed", "refused", "withdrawn"]


def followed_body(story: FollowedStory, now: datetime) -> FollowedBody:
    """The story with its requests and answers."""
    return FollowedBody(
        feedback_id=story.feedback_id,
        status=story_status(story),
        submitted_at=story.submitted_at,
        withdrawn_at=story.withdrawn_at,
        title=story.title,
        story=story.story,
        suggestion=story.suggestion,
        requests=tuple(_request(request, now) for request in story.requests),
        timeline=tuple(_step(milestone, story) for milestone in timeline(story.history, now)),
        public_page=public_page(story),
    )


def public_page(story: FollowedStory) -> str | None:
    """Where the public reads the story."""
    return f"/experiences/{story.public_id}" if story.public_id else None


def story_status(story: FollowedStory) -> StoryStatus:
    """Refused and withdrawn go before all; else a story is what its slowest request is."""
    statuses = {request.status for request in story.requests}
    if story.moderation is Moderation.REJECTED:
        return "refused"
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


def _step(milestone: Milestone, story: FollowedStory) -> StepShown:
    return StepShown(
        step=milestone.step,
        done=milestone.done,
        at=milestone.at,
        request_id=milestone.request_id,
        structure_code=milestone.structure_code,
        structure_name=story.names.get(milestone.structure_code or ""),
        answer_due_at=milestone.due_at,
        first_due_at=milestone.first_due_at,
        overdue=milestone.overdue,
        reason=milestone.reason,
    )
