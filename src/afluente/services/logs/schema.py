"""The tables of CloudWatch Logs. Events are read by stream and by group, always in order of (time, id)."""

STEPS = (
    """
    CREATE TABLE log_group (
        id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL, retention_days INTEGER, stored_bytes INTEGER NOT NULL DEFAULT 0,
        tags TEXT NOT NULL, UNIQUE (account, region, name)
    ) STRICT;
    CREATE TABLE log_stream (
        id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL REFERENCES log_group ON DELETE CASCADE, name TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL, first_event_ms INTEGER, last_event_ms INTEGER, last_ingested_ms INTEGER,
        UNIQUE (group_id, name)
    ) STRICT;
    CREATE TABLE log_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL,
        stream_id INTEGER NOT NULL REFERENCES log_stream ON DELETE CASCADE,
        time_ms INTEGER NOT NULL, ingested_at_ms INTEGER NOT NULL, message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX log_event_of_stream ON log_event (stream_id, time_ms, id);
    CREATE INDEX log_event_of_group ON log_event (group_id, time_ms, id)
    """,
)
