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
    "CREATE TABLE glue_column_statistics (table_id INTEGER NOT NULL REFERENCES glue_table ON DELETE CASCADE, "
    "partition TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (table_id, partition, name)) STRICT;"
    "CREATE TRIGGER glue_partition_gone AFTER DELETE ON glue_partition BEGIN "
    "DELETE FROM glue_column_statistics WHERE table_id = old.table_id AND partition = old.key; END;"
    "CREATE TRIGGER glue_partition_moved AFTER UPDATE OF key ON glue_partition WHEN old.key <> new.key BEGIN "
    "UPDATE glue_column_statistics SET partition = new.key WHERE table_id = old.table_id AND partition = old.key; END",
)
