-- expect: rows
-- from: 20250917100000
-- until: 20251015100000
-- Catches a compatibility view that is missing, is not updatable, or lacks the columns that old code uses.
SELECT pg_class.relname::text AS name, shape.columns
FROM pg_class,
     LATERAL (
         SELECT array_agg(attname::text ORDER BY attnum) AS columns
         FROM pg_attribute
         WHERE attrelid = pg_class.oid AND attnum > 0
     ) AS shape
WHERE pg_class.oid = to_regclass('enrichment_logs')
  AND relkind = 'v'
  -- The bits of UPDATE (4), INSERT (8) and DELETE (16), numbered as in the server's `CmdType`.
  AND pg_relation_is_updatable(pg_class.oid, FALSE) & 28 = 28
  AND shape.columns = ARRAY[
      'id', 'operation', 'status', 'sources', 'reason', 'error_message', 'metadata',
      'user_id', 'album_id', 'artist_id', 'track_id', 'created_at'
  ];
