-- from: 20251117100000
-- Catches users without a profile, and users with several profiles in case the unique key is missing.
SELECT "User"."id", count("UnifiedProfile"."id") AS profiles
FROM "User"
LEFT JOIN "UnifiedProfile" ON "UnifiedProfile"."userId" = "User"."id"
GROUP BY "User"."id"
HAVING count("UnifiedProfile"."id") <> 1
ORDER BY "User"."id";
