-- from: 20260119100000
-- Catches parts of a user with equal names, sessions with equal starts, and equal relationships, in case a unique
-- key is missing.
SELECT duplicate.*
FROM (
    SELECT 'parts_v2' AS "table", user_id, left(name, 80) AS key, count(*) AS "rows"
    FROM parts_v2
    GROUP BY user_id, name
    UNION ALL
    SELECT 'sessions_v2', user_id, started_at::text, count(*)
    FROM sessions_v2
    GROUP BY user_id, started_at
    UNION ALL
    -- Ignores the order of the ends in symmetric relationships.
    SELECT 'part_relationships_v2', min(user_id::text)::uuid, concat_ws(' ', ends.one, type, ends.other), count(*)
    FROM part_relationships_v2
    CROSS JOIN LATERAL (
        SELECT CASE WHEN type IN ('conflicts', 'supports') THEN least(part_a_id, part_b_id) ELSE part_a_id END AS one,
               CASE WHEN type IN ('conflicts', 'supports') THEN greatest(part_a_id, part_b_id) ELSE part_b_id END AS other
    ) AS ends
    GROUP BY ends.one, type, ends.other
) AS duplicate
WHERE duplicate."rows" > 1
ORDER BY duplicate."table", duplicate.user_id, duplicate.key;
