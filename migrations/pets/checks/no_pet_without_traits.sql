-- from: 20250915090000
-- Catches pets that the backfill did not reach, and pets that were created without visual traits.
SELECT "id", "name", "createdAt" AS "created_at"
FROM "Pet"
WHERE "traits" IS NULL
ORDER BY "id";
