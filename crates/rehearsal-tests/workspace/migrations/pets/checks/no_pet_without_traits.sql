-- from: 20250915090000
-- Catches pets that the backfill did not fill, and pets that were created without visual traits.
SELECT "Pet"."id", "Pet"."name", "Pet"."createdAt" AS "created_at"
FROM "Pet"
WHERE "Pet"."traits" IS NULL
ORDER BY "Pet"."id";
