-- from: 20260119100000
-- Catches rows whose user is missing, even if a constraint is missing or not validated.
SELECT stored.*
FROM (
    SELECT 'parts_v2' AS "table", id, user_id FROM parts_v2
    UNION ALL
    SELECT 'sessions_v2', id, user_id FROM sessions_v2
    UNION ALL
    SELECT 'part_relationships_v2', id, user_id FROM part_relationships_v2
    UNION ALL
    SELECT 'observations', id, user_id FROM observations
    UNION ALL
    SELECT 'timeline_events', id, user_id FROM timeline_events
) AS stored
WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = stored.user_id)
ORDER BY stored."table", stored.id;
