-- expect: rows
-- from: 20250917100000
-- Catches a column that is missing, is nullable, has a default (which would hide a forgotten category), or has the
-- wrong type.
SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type
FROM pg_attribute
WHERE attrelid = to_regclass('llama_logs')
  AND attname = 'category'
  AND atttypid = to_regtype('"LlamaLogCategory"')
  AND attnotnull
  AND NOT atthasdef;
