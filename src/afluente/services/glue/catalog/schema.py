"""The catalog's tables in the metadata database."""

STEPS = (
    "CREATE TABLE glue_database (id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, "
    "name TEXT NOT NULL, created_at_ms INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (account, region, name)) STRICT;"
    "CREATE TABLE glue_table (id INTEGER PRIMARY KEY, "
    "database_id INTEGER NOT NULL REFERENCES glue_database ON DELETE CASCADE, name TEXT NOT NULL, "
    "version INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, "
    "created_by TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (database_id, name)) STRICT;"
    "CREATE TABLE glue_table_version (table_id INTEGER NOT NULL REFERENCES glue_table ON DELETE CASCADE, "
    "version INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, body BLOB NOT NULL, "
    "UNIQUE (table_id, version)) STRICT;"
    "CREATE TABLE glue_partition (id INTEGER PRIMARY KEY, "
    "table_id INTEGER NOT NULL REFERENCES glue_table ON DELETE CASCADE, key TEXT NOT NULL, "
    "created_at_ms INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (table_id, key)) STRICT;"
    "CREATE TABLE glue_partition_index (table_id INTEGER NOT NULL REFERENCES glue_table ON DELETE CASCADE, "
    "name TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (table_id, name)) STRICT",
)
