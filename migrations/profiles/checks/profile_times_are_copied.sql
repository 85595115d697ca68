-- from: 20251117100000
-- Catches times that come from a clock or from another row. A profile has the earliest and latest times of the old
-- rows, or else those of the user; an intent has those of its old row, or else those of the context profile.
WITH source AS (
    SELECT "ContextProfile"."userId" AS user_id, "ContextProfile"."contextType" AS context,
           "ContextProfile"."createdAt" AS begun_at, "Profile"."createdAt" AS created_at, "Profile"."updatedAt" AS updated_at
    FROM "ContextProfile"
    LEFT JOIN "Profile" ON "Profile"."contextProfileId" = "ContextProfile"."id"
)
SELECT stored.*
FROM (
    SELECT "userId", NULL AS context, "UnifiedProfile"."createdAt", "UnifiedProfile"."updatedAt",
           coalesce(min(source.created_at), "User"."createdAt") AS created_at,
           coalesce(max(source.updated_at), "User"."createdAt") AS updated_at
    FROM "UnifiedProfile"
    JOIN "User" ON "User"."id" = "userId"
    LEFT JOIN source ON source.user_id = "userId"
    GROUP BY "UnifiedProfile"."id", "User"."id"
    UNION ALL
    SELECT "userId", "contextType"::text, "createdAt", "updatedAt", coalesce(created_at, begun_at),
           coalesce(updated_at, begun_at)
    FROM "ContextIntent"
    JOIN source ON source.user_id = "userId" AND source.context = "contextType"
) AS stored
WHERE ("createdAt", "updatedAt") IS DISTINCT FROM (created_at, updated_at)
ORDER BY "userId", context;
