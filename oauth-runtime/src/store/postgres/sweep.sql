WITH swept_rows AS (
    DELETE FROM oauth_rows WHERE ends_at <= $1 AND key IN (
        SELECT key FROM oauth_rows WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
), swept_leases AS (
    DELETE FROM oauth_leases WHERE ends_at <= $1 AND key IN (
        SELECT key FROM oauth_leases WHERE ends_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT (SELECT count(*) FROM swept_rows) + (SELECT count(*) FROM swept_leases)
