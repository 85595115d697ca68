-- kind: preserved
-- from: 20251117100000
-- Catches users and context profiles that were lost or changed.
SELECT "User"."id", "name", "email", ("User"."createdAt" AT TIME ZONE 'UTC')::text AS "createdAt",
       "ContextProfile"."id" AS "contextProfileId", "contextType"::text AS "contextType", "tonePreference",
       ("ContextProfile"."createdAt" AT TIME ZONE 'UTC')::text AS "begunAt"
FROM "User"
LEFT JOIN "ContextProfile" ON "ContextProfile"."userId" = "User"."id";
-- after
SELECT "User"."id", "name", "email", ("User"."createdAt" AT TIME ZONE 'UTC')::text AS "createdAt",
       "ContextProfile"."id" AS "contextProfileId", "contextType"::text AS "contextType", "tonePreference",
       ("ContextProfile"."createdAt" AT TIME ZONE 'UTC')::text AS "begunAt"
FROM "User"
LEFT JOIN "ContextProfile" ON "ContextProfile"."userId" = "User"."id";
