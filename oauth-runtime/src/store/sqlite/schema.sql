CREATE TABLE IF NOT EXISTS oauth_rows (
    key BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS oauth_rows_by_end ON oauth_rows (ends_at);

CREATE TABLE IF NOT EXISTS oauth_leases (
    key BLOB NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS oauth_schema (number INTEGER NOT NULL);

INSERT INTO oauth_schema (number) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM oauth_schema);
