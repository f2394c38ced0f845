"""The tables of objects, their earlier versions, uploads and parts. Buckets are documents.

`object` has each key's latest version, unless that is a delete marker; `version` has all others. Of one key, a larger
`number` is later.

`completed` remembers for a while which object an upload became, for who asks again.

`object.staged` is 1 until the object's file is known to lie durably in its place; `trash` names files whose object is
gone until their removal is durable. What a crash interrupts is done again from both.
"""

STEPS = (
    """
    CREATE TABLE object (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        aside INTEGER NOT NULL,
        staged INTEGER NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        modified_at_ms INTEGER NOT NULL,
        checksum_algorithm TEXT NOT NULL,
        checksum_type TEXT NOT NULL,
        checksum TEXT NOT NULL,
        header BLOB NOT NULL,
        tags BLOB,
        parts BLOB,
        PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX object_staged ON object (bucket, key) WHERE staged;
    CREATE TABLE trash (id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, path TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE upload (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL UNIQUE,
        initiated_at_ms INTEGER NOT NULL,
        initiator TEXT NOT NULL,
        checksum_algorithm TEXT NOT NULL,
        checksum_type TEXT NOT NULL,
        explicit INTEGER NOT NULL,
        header BLOB NOT NULL,
        tags BLOB,
        PRIMARY KEY (bucket, key, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE part (
        upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        modified_at_ms INTEGER NOT NULL,
        checksum TEXT NOT NULL,
        PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    ALTER TABLE object ADD COLUMN version TEXT NOT NULL DEFAULT 'null';
    ALTER TABLE object ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE version (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        number INTEGER NOT NULL,
        version TEXT NOT NULL,
        marker INTEGER NOT NULL,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        modified_at_ms INTEGER NOT NULL,
        checksum_algorithm TEXT NOT NULL,
        checksum_type TEXT NOT NULL,
        checksum TEXT NOT NULL,
        header BLOB NOT NULL,
        tags BLOB,
        parts BLOB,
        PRIMARY KEY (bucket, key, number DESC)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX version_version ON version (bucket, key, version);
    CREATE INDEX version_id ON version (id) WHERE NOT marker
    """,
    """
    CREATE TABLE completed (
        upload TEXT NOT NULL PRIMARY KEY,
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        completed_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX completed_at ON completed (completed_at_ms)
    """,
    """
    ALTER TABLE object ADD COLUMN traits BLOB;
    ALTER TABLE version ADD COLUMN traits BLOB;
    ALTER TABLE upload ADD COLUMN traits BLOB
    """,
)
