-- from: 20251117100000
-- Catches rows that refer to a missing user or context profile, even if a constraint is missing or not validated.
SELECT orphan.*
FROM (
    SELECT 'UnifiedProfile' AS "table", "id", "userId" AS missing FROM "UnifiedProfile"
    WHERE NOT EXISTS (SELECT 1 FROM "User" WHERE "User"."id" = "UnifiedProfile"."userId")
    UNION ALL
    SELECT 'ContextIntent', "id", "userId" FROM "ContextIntent"
    WHERE NOT EXISTS (SELECT 1 FROM "User" WHERE "User"."id" = "ContextIntent"."userId")
    UNION ALL
    SELECT 'ContextProfile', "id", "userId" FROM "ContextProfile"
    WHERE NOT EXISTS (SELECT 1 FROM "User" WHERE "User"."id" = "ContextProfile"."userId")
    UNION ALL
    SELECT 'Profile', "id", "contextProfileId" FROM "Profile"
    WHERE NOT EXISTS (SELECT 1 FROM "ContextProfile" WHERE "ContextProfile"."id" = "Profile"."contextProfileId")
    UNION ALL
    SELECT 'ChatMessage', "id", "contextProfileId" FROM "ChatMessage"
    WHERE NOT EXISTS (SELECT 1 FROM "ContextProfile" WHERE "ContextProfile"."id" = "ChatMessage"."contextProfileId")
) AS orphan
ORDER BY orphan."table", orphan."id";
