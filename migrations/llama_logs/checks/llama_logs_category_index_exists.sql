-- expect: rows
-- from: 20250917100000
-- Catches an index on category and time that is missing, invalid or partial, or has other columns.
SELECT indexrelid::regclass::text AS name
FROM pg_index,
     LATERAL (
         SELECT array_agg(attname::text ORDER BY place) AS columns
         FROM unnest(indkey) WITH ORDINALITY AS part (attnum, place)
         JOIN pg_attribute ON attrelid = indrelid AND pg_attribute.attnum = part.attnum
     ) AS key
WHERE indrelid = to_regclass('llama_logs')
  AND key.columns = ARRAY['category', 'created_at']
  AND indisvalid
  AND indisready
  AND indpred IS NULL;
