-- kind: preserved
-- from: 20251117100000
-- Catches rows of the old table that were lost or changed, column by column, as text.
SELECT "id", "contextProfileId", "data"::text AS "data", "completeness", "missing"::text AS "missing",
       ("createdAt" AT TIME ZONE 'UTC')::text AS "createdAt", ("updatedAt" AT TIME ZONE 'UTC')::text AS "updatedAt"
FROM "Profile";
-- after
SELECT "id", "contextProfileId", "data"::text AS "data", "completeness", "missing"::text AS "missing",
       ("createdAt" AT TIME ZONE 'UTC')::text AS "createdAt", ("updatedAt" AT TIME ZONE 'UTC')::text AS "updatedAt"
FROM "Profile";
