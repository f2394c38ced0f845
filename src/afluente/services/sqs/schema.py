"""The tables of SQS. A message's row moves with it into a dead-letter queue; ids grow, and are never given twice.

`visible_at_ms` decides: a message that nobody has received yet and is not visible is delayed, one that somebody has is
in flight. `receives` counts in the queue where it is, `received` in all.
"""

STEPS = (
    """
    CREATE TABLE sqs_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL, modified_at_ms INTEGER NOT NULL, purged_at_ms INTEGER,
        attributes TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (account, region, name)
    ) STRICT;
    CREATE TABLE sqs_deleted_queue (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, deleted_at_ms INTEGER NOT NULL,
        PRIMARY KEY (account, region, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sqs_message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL REFERENCES sqs_queue ON DELETE CASCADE,
        message_id TEXT NOT NULL, body TEXT NOT NULL, attributes BLOB, trace_header TEXT, sender TEXT NOT NULL,
        group_id TEXT, deduplication_id TEXT, source TEXT,
        sent_at_ms INTEGER NOT NULL, visible_at_ms INTEGER NOT NULL, first_received_at_ms INTEGER,
        receives INTEGER NOT NULL, received INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sqs_message_visible ON sqs_message (queue, visible_at_ms, id);
    CREATE INDEX sqs_message_sent ON sqs_message (queue, sent_at_ms);
    CREATE INDEX sqs_message_group ON sqs_message (queue, group_id, visible_at_ms) WHERE group_id IS NOT NULL;
    CREATE TABLE sqs_deduplication (
        queue INTEGER NOT NULL REFERENCES sqs_queue ON DELETE CASCADE, scope TEXT NOT NULL, id TEXT NOT NULL,
        message INTEGER NOT NULL, message_id TEXT NOT NULL, sent_at_ms INTEGER NOT NULL, PRIMARY KEY (queue, scope, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sqs_deduplication_sent ON sqs_deduplication (sent_at_ms)
    """,
)
