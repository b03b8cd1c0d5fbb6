"""Every metric of the platform, by name, with help and closed label sets. No other module creates one.

Names: ``spplus_<noun>_<unit>[_total]``. A label never holds a code, an id or an address.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RECORDS: Final = (1, 5, 25, 100, 250, 500, 1000, 2000, 4000, 8000)


def topic_label(topic: str) -> str:
    """A topic as a label: inbound topics, named by others, share one."""
    return "inbound" if topic.startswith("spplus.inbound.") else topic


# Doors
HTTP_REQUESTS = Counter("spplus_http_requests_total", "Requests answered, by class of status", ["status_class"])
HTTP_CUT_OFF = Counter("spplus_http_cut_off_total", "Connections ended as the reader took nothing for too long")
HTTP_SECONDS = Histogram("spplus_http_request_seconds", "Time to answer a request", buckets=_SECONDS)
FEEDBACK_ACCEPTED = Counter("spplus_feedback_accepted_total", "Feedbacks accepted for good, by door", ["door"])
ANSWERS_ACCEPTED = Counter("spplus_answers_accepted_total", "Answers accepted for good, by door", ["door"])
WITHDRAWALS_ACCEPTED = Counter("spplus_withdrawals_accepted_total", "Withdrawals accepted for good, by door", ["door"])
SIGN_INS = Counter("spplus_sign_ins_total", "People who tried to sign in, by outcome", ["outcome"])
EVENTS_JUDGED = Counter(
    "spplus_events_judged_total", "Events of other systems that came over HTTP, by what became of them", ["verdict"]
)
STORIES_HELD = Counter("spplus_stories_held_total", "Stories kept back as probable abuse, by reason", ["reason"])
REQUESTS_LIMITED = Counter("spplus_requests_limited_total", "Requests refused as too many, by limit", ["limit"])
RETENTION_DELETED = Counter("spplus_retention_deleted_rows_total", "Rows that retention emptied or deleted", ["kind"])
GROUP_COMMIT_ROWS = Histogram("spplus_group_commit_rows", "Submissions committed together", buckets=_RECORDS)

# Moderation
MODERATION_WAITING = Gauge(
    "spplus_moderation_waiting_rows", "Stories that wait for a moderator: texts, held", ["queue"]
)
MODERATION_AGE = Gauge("spplus_moderation_age_seconds", "For how long the oldest of them has waited", ["queue"])
MODERATION_DECISIONS = Counter(
    "spplus_moderation_decisions_total",
    "Decisions of moderators: publish, reject, mask, unpublish, release",
    ["decision"],
)

# Outbox and relay
OUTBOX_ROWS = Gauge("spplus_outbox_rows", "Rows that wait in the outbox")
OUTBOX_AGE = Gauge("spplus_outbox_age_seconds", "Age of the oldest row that waits in the outbox")
OUTBOX_SET_ASIDE = Counter("spplus_outbox_set_aside_total", "Rows that can never be sent and were moved aside")
EVENTS_PUBLISHED = Counter("spplus_events_published_total", "Events sent to the bus by the relay", ["topic"])
RELAY_LEADING = Gauge("spplus_relay_leading_count", "1 while this process owns its service's relay")
RELAY_UNKNOWN_RECORDS = Counter(
    "spplus_relay_unknown_records_total", "Events found on the bus that the database did not know to have been sent"
)

# Delivery
RECORDS_CONSUMED = Counter("spplus_records_consumed_total", "Records read from the bus", ["topic"])
RECORDS_REPEATED = Counter("spplus_records_repeated_total", "Records read again and dropped")
RECORDS_REFUSED = Counter("spplus_records_refused_total", "Records put in the dead letters", ["topic", "reason"])
CONSUMER_STOPPED = Gauge(
    "spplus_consumer_stopped_count", "1 while a consumer has stopped: nearly all was refused", ["consumer"]
)
CONSUMER_LAG = Gauge("spplus_consumer_lag_records", "Records behind the end of the topic", ["topic"])
EVENT_AGE = Histogram("spplus_event_age_seconds", "Time from the broker's append to the commit", buckets=_SECONDS)
BATCH_RECORDS = Histogram("spplus_batch_records", "Records in one transaction", buckets=_RECORDS)
TRANSACTION_SECONDS = Histogram("spplus_transaction_seconds", "Time of one batch's transaction", buckets=_SECONDS)
DELIVERY_RETRIES = Counter("spplus_delivery_retries_total", "Batches tried again after a fault of the infrastructure")

# Dead letters
DEAD_LETTERS_ROWS = Gauge("spplus_dead_letters_rows", "Dead letters that wait for a decision", ["reason"])
DEAD_LETTERS_AGE = Gauge("spplus_dead_letters_age_seconds", "Age of the oldest dead letter that waits")
DEAD_LETTERS_EXPIRED = Counter("spplus_dead_letters_expired_total", "Dead letters emptied before anybody decided")

# Jobs
JOB_FAILURES = Counter("spplus_job_failures_total", "Background jobs that failed and were started again", ["job"])

# Scoring
STATEMENTS_REPEATED = Counter("spplus_statements_repeated_total", "Statements already known to the ledger")
VALUES_UNKNOWN = Counter("spplus_values_unknown_total", "Events with a value that this version does not know")
STRUCTURES_UNDECLARED = Gauge("spplus_structures_undeclared_count", "Structures with tallies but no declaration")
UNDECLARED_AGE = Gauge("spplus_structures_undeclared_age_seconds", "Since when the oldest of these has waited")
UNDECLARED_OVERDUE = Gauge("spplus_structures_undeclared_overdue_count", "Of these, those that have waited too long")
MARKS_AGE = Gauge("spplus_marks_age_seconds", "For how long the oldest change has waited for the publisher")
SWEEP_BEHIND = Gauge("spplus_sweep_behind_seconds", "Until how long ago passed deadlines are counted")
PUBLISHER_LEADING = Gauge("spplus_publisher_leading_count", "1 while some process is the publisher")
MARKS_ROWS = Gauge("spplus_marks_rows", "Changes that wait for the publisher")
REVISIONS_WRITTEN = Counter("spplus_revisions_written_total", "Revisions of figures written", ["status"])
PUBLISH_SECONDS = Histogram("spplus_publish_tick_seconds", "Time of one round of the publisher", buckets=_SECONDS)
SWEEP_LATE = Counter("spplus_sweep_late_total", "Requests that became late because time passed")
PUBLICATION_HELD = Gauge(
    "spplus_publication_held_count",
    "Partitions to be read again, after a restore, before anything is published",
)

# Publication
FIGURES_APPLIED = Counter("spplus_figures_applied_total", "Figures that changed the publication")
FIGURES_STALE = Counter("spplus_figures_stale_total", "Figures dropped because a newer revision stands")
ANSWERS = Counter(
    "spplus_answers_total",
    "Results pages and JSON of one structure, by origin: kept from before, or written anew",
    ["origin"],
)
ANSWERS_KEPT_BYTES = Gauge("spplus_answers_kept_bytes", "Memory of the answers kept as they were written")
STREAM_CLIENTS = Gauge("spplus_stream_clients_count", "Readers of the live stream")
STREAM_REFUSED = Counter("spplus_stream_refused_total", "Readers of the live stream refused as every place was taken")
STREAM_BEHIND = Gauge("spplus_stream_behind_count", "Changes of figures that this process has not told its readers")
STREAM_TELLING = Histogram(
    "spplus_stream_telling_seconds", "Time to tell all readers of the live stream of what is new", buckets=_SECONDS
)
WEBHOOK_CALLS = Counter("spplus_webhook_calls_total", "Calls to webhooks by how they ended", ["outcome"])
WEBHOOKS_DISABLED = Counter("spplus_webhooks_disabled_total", "Webhooks that are not called any more", ["reason"])
WEBHOOK_FIGURES = Gauge("spplus_webhook_figures_count", "Figures that wait to be told to active webhooks")
WEBHOOK_AGE = Gauge(
    "spplus_webhook_age_seconds", "Age of the oldest figure that waits for a webhook whose last call succeeded"
)
MAIL_ASKED = Counter("spplus_mail_asked_total", "Addresses left for mails, by what was done", ["outcome"])
MAILS = Counter("spplus_mails_total", "Tries to send a mail by how they ended", ["outcome"])
MAILS_UNCERTAIN = Gauge("spplus_mails_uncertain_count", "Mails of which nobody knows whether they were sent")
MAIL_AGE = Gauge("spplus_mail_age_seconds", "Age of the oldest mail that waits although nobody refused it")
SEALED_ROWS = Gauge(
    "spplus_sealed_rows",
    "Secrets and addresses of others, by the key they stand under: newest, older, unknown",
    ["key"],
)
STREAM_RESYNCS = Counter("spplus_stream_resyncs_total", "Readers of the live stream told to start again")
