-- kind: preserved
-- from: 20260119100000
-- Catches users who were lost, and settings that were lost, changed or added, except for the mark of a finished
-- user. The mark replaces settings that are not an object, so these count as empty; the ledger of the backfill
-- stores them for undo.
SELECT id::text, email,
       CASE jsonb_typeof(settings) WHEN 'object' THEN settings - 'prd_backfill_completed' ELSE '{}' END::text AS settings
FROM users;
-- after
SELECT id::text, email,
       CASE jsonb_typeof(settings) WHEN 'object' THEN settings - 'prd_backfill_completed' ELSE '{}' END::text AS settings
FROM users;
