-- from: 20260119100000
-- Catches users who are not marked as finished, but whose settings still keep what made way for the mark: the mark was taken
-- away by something else than an undo, and the settings of before were not put back.
SELECT id, settings
FROM users
WHERE settings -> 'prd_backfill_replaced' IS NOT NULL AND NOT settings @> '{"prd_backfill_completed": true}'
ORDER BY id;
