-- kind: preserved
-- from: 20260119100000
-- Catches legacy sessions that were lost or changed, column by column, as text.
SELECT id::text, user_id::text, (start_time AT TIME ZONE 'UTC')::text, (end_time AT TIME ZONE 'UTC')::text, summary,
       breakthroughs::text, type, duration
FROM sessions;
-- after
SELECT id::text, user_id::text, (start_time AT TIME ZONE 'UTC')::text, (end_time AT TIME ZONE 'UTC')::text, summary,
       breakthroughs::text, type, duration
FROM sessions;
