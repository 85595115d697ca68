-- kind: preserved
-- from: 20250917100000
-- Catches records that the rename lost, duplicated or changed. Compares every column as text.
SELECT id::text, operation, status, sources::text, reason, error_message, metadata::text, user_id::text, album_id::text,
       artist_id::text, track_id::text, (created_at AT TIME ZONE 'UTC')::text AS created_at
FROM enrichment_logs;
-- after
SELECT id::text, operation, status, sources::text, reason, error_message, metadata::text, user_id::text, album_id::text,
       artist_id::text, track_id::text, (created_at AT TIME ZONE 'UTC')::text AS created_at
FROM llama_logs;
