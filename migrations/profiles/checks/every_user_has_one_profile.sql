-- from: 20251117100000
-- Catches users whom the backfill did not reach, and users with several profiles, should the key be missing.
SELECT "User"."id", count("UnifiedProfile"."id") AS profiles
FROM "User"
LEFT JOIN "UnifiedProfile" ON "UnifiedProfile"."userId" = "User"."id"
GROUP BY "User"."id"
HAVING count("UnifiedProfile"."id") <> 1
ORDER BY "User"."id";
