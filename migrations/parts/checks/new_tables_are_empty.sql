-- from: 20260119100000
-- Catches rows in the tables that no code fills yet.
SELECT stored.*
FROM (
    SELECT 'observations' AS "table", id, user_id FROM observations
    UNION ALL
    SELECT 'timeline_events', id, user_id FROM timeline_events
) AS stored
ORDER BY stored."table", stored.id;
