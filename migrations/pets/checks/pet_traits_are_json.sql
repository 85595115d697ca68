-- from: 20250915090000
-- Catches traits that are not a JSON object: cut off, empty, or of another type.
SELECT "id", "name", "traits" AS "not_a_json_object"
FROM "Pet"
WHERE "traits" IS NOT NULL
  AND CASE WHEN json_valid("traits") THEN json_type("traits") <> 'object' ELSE TRUE END
ORDER BY "id";
