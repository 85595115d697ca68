-- from: 20251117100000
-- Catches users with fewer or more intents than context profiles, and context profiles whose intent has another kind.
SELECT coalesce("ContextProfile"."userId", "ContextIntent"."userId") AS "userId",
       "ContextProfile"."contextType" AS context,
       "ContextIntent"."contextType" AS intent
FROM "ContextProfile"
FULL JOIN "ContextIntent"
    ON "ContextIntent"."userId" = "ContextProfile"."userId"
   AND "ContextIntent"."contextType" = "ContextProfile"."contextType"
WHERE "ContextProfile"."id" IS NULL OR "ContextIntent"."id" IS NULL
ORDER BY 1, 2, 3;
