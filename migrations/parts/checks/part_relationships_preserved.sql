-- kind: preserved
-- from: 20260119100000
-- Catches legacy relationships that were lost or changed, column by column, as text.
SELECT id::text, user_id::text, parts::text, type, (created_at AT TIME ZONE 'UTC')::text
FROM part_relationships;
-- after
SELECT id::text, user_id::text, parts::text, type, (created_at AT TIME ZONE 'UTC')::text
FROM part_relationships;
