-- from: 20250915090000
-- Catches traits that are not a JSON object: truncated, empty, or of another type.
SELECT "Pet"."id", "Pet"."name", "Pet"."traits" AS "not_a_json_object"
FROM "Pet"
WHERE "Pet"."traits" IS NOT NULL
  AND CASE WHEN json_valid("Pet"."traits") THEN json_type("Pet"."traits") <> 'object' ELSE TRUE END
ORDER BY "Pet"."id";
