-- from: 20260119100000
-- Catches legacy sessions of finished users that are neither in the new table, nor duplicates of a session there,
-- nor without a start. Compares starts, so that migrated sessions and sessions of the app count alike.
SELECT account.*
FROM (
    SELECT sessions.user_id,
           count(*) AS legacy,
           count(DISTINCT sessions_v2.id) AS migrated_or_present,
           count(sessions_v2.id) - count(DISTINCT sessions_v2.id) AS duplicates,
           count(*) FILTER (WHERE sessions.start_time IS NULL) AS skipped
    FROM sessions
    JOIN users ON users.id = sessions.user_id AND users.settings @> '{"prd_backfill_completed": true}'
    LEFT JOIN sessions_v2
        ON sessions_v2.user_id = sessions.user_id AND sessions_v2.started_at = sessions.start_time
    GROUP BY sessions.user_id
) AS account
WHERE legacy <> migrated_or_present + duplicates + skipped
ORDER BY user_id;
