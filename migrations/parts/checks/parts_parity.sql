-- from: 20260119100000
-- Catches legacy parts of finished users that are neither in the new table, nor duplicates of a part there, nor
-- without a required value. Compares names, so that migrated parts and parts of the app count alike.
SELECT account.*
FROM (
    SELECT parts.user_id,
           count(*) AS legacy,
           count(DISTINCT parts_v2.id) AS migrated_or_present,
           count(parts_v2.id) - count(DISTINCT parts_v2.id) AS duplicates,
           count(*) FILTER (WHERE need.is_missing) AS skipped
    FROM parts
    JOIN users ON users.id = parts.user_id AND users.settings @> '{"prd_backfill_completed": true}'
    -- Longer names do not fit into the unique index.
    CROSS JOIN LATERAL (SELECT parts.name IS NULL OR octet_length(parts.name) > 2600 AS is_missing) AS need
    LEFT JOIN parts_v2
        ON parts_v2.user_id = parts.user_id AND parts_v2.name = parts.name AND NOT need.is_missing
    GROUP BY parts.user_id
) AS account
WHERE legacy <> migrated_or_present + duplicates + skipped
ORDER BY user_id;
