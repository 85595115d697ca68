-- from: 20260119100000
-- Catches legacy relationships of finished users that are neither in the new table, nor duplicates of a relationship
-- there, nor without two different known parts or a known type. Compares the ends by the names of their legacy
-- parts.
WITH ends AS (
    SELECT legacy.id, legacy.user_id, legacy.type,
           (legacy.parts ->> 0)::uuid AS first_id, (legacy.parts ->> 1)::uuid AS second_id
    FROM part_relationships AS legacy
    WHERE CASE jsonb_typeof(legacy.parts) WHEN 'array' THEN
        jsonb_array_length(legacy.parts) = 2
        AND jsonb_typeof(legacy.parts -> 0) = 'string'
        AND jsonb_typeof(legacy.parts -> 1) = 'string'
        AND legacy.parts ->> 0 ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        AND legacy.parts ->> 1 ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    END
),
resolved AS (
    SELECT ends.id, ends.user_id, "first".id AS first_id, second.id AS second_id, kind.type, kind.is_symmetric
    FROM ends
    JOIN parts AS legacy_first ON legacy_first.id = ends.first_id AND legacy_first.user_id = ends.user_id
    JOIN parts AS legacy_second ON legacy_second.id = ends.second_id AND legacy_second.user_id = ends.user_id
    JOIN parts_v2 AS "first" ON "first".user_id = ends.user_id AND "first".name = legacy_first.name
    JOIN parts_v2 AS second ON second.user_id = ends.user_id AND second.name = legacy_second.name
    JOIN (
        VALUES ('polarized', 'conflicts', TRUE), ('allied', 'supports', TRUE), ('protector-exile', 'protects', FALSE)
    ) AS kind (legacy, type, is_symmetric) ON kind.legacy = ends.type
    WHERE "first".id <> second.id
)
SELECT account.*
FROM (
    SELECT legacy.user_id,
           count(*) AS legacy,
           count(DISTINCT stored.id) AS migrated_or_present,
           count(stored.id) - count(DISTINCT stored.id) AS duplicates,
           count(*) FILTER (WHERE resolved.id IS NULL) AS skipped
    FROM part_relationships AS legacy
    JOIN users ON users.id = legacy.user_id AND users.settings @> '{"prd_backfill_completed": true}'
    LEFT JOIN resolved ON resolved.id = legacy.id
    LEFT JOIN part_relationships_v2 AS stored
        ON stored.user_id = resolved.user_id
       AND stored.type = resolved.type
       AND stored.part_a_id = CASE WHEN resolved.is_symmetric THEN least(first_id, second_id) ELSE first_id END
       AND stored.part_b_id = CASE WHEN resolved.is_symmetric THEN greatest(first_id, second_id) ELSE second_id END
    GROUP BY legacy.user_id
) AS account
WHERE legacy <> migrated_or_present + duplicates + skipped
ORDER BY user_id;
