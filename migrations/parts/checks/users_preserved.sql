-- kind: preserved
-- from: 20260119100000
-- Catches users who were lost, and settings that were lost, changed or added: all but the mark of a finished user. Settings
-- that are no object make way for the mark as a whole, and count as empty; the ledger of the backfill keeps them for an undo.
SELECT id::text, email,
       CASE jsonb_typeof(settings) WHEN 'object' THEN settings - 'prd_backfill_completed' ELSE '{}' END::text AS settings
FROM users;
-- after
SELECT id::text, email,
       CASE jsonb_typeof(settings) WHEN 'object' THEN settings - 'prd_backfill_completed' ELSE '{}' END::text AS settings
FROM users;
