SELECT pg_advisory_xact_lock(7166179180137836);

CREATE TABLE IF NOT EXISTS oauth_rows (
    key BYTEA NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    bytes BYTEA NOT NULL
);

CREATE INDEX IF NOT EXISTS oauth_rows_by_end ON oauth_rows (ends_at);

CREATE TABLE IF NOT EXISTS oauth_leases (
    key BYTEA NOT NULL PRIMARY KEY,
    holder BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

CREATE INDEX IF NOT EXISTS oauth_leases_by_end ON oauth_leases (ends_at);

CREATE TABLE IF NOT EXISTS oauth_schema (
    one BOOLEAN NOT NULL PRIMARY KEY DEFAULT TRUE CHECK (one),
    number BIGINT NOT NULL
);

INSERT INTO oauth_schema (number) VALUES (1) ON CONFLICT DO NOTHING;
