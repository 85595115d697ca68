-- from: 20251117100000
-- Catches merges that did not choose the first value of a text or of a key, and merged lists that are not in order
-- of first appearance. Contexts are ordered by their times, then by the bytes of their ids; this query computes that
-- order itself.
WITH said AS (
    SELECT "ContextProfile"."userId" AS user_id, entry.key AS field, entry.value,
           row_number() OVER (ORDER BY "ContextProfile"."createdAt", "ContextProfile"."id" COLLATE "C") AS place
    FROM "Profile"
    JOIN "ContextProfile" ON "ContextProfile"."id" = "Profile"."contextProfileId"
    CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof("data") = 'object' THEN "data" END) AS entry (key, value)
),
text AS (
    SELECT user_id, field, (array_agg(value ORDER BY place))[1] AS value
    FROM said
    WHERE field IN ('location', 'ageRange', 'name') AND jsonb_typeof(value) = 'string'
    GROUP BY user_id, field
),
object AS (
    SELECT user_id, field, jsonb_object_agg(key, value) AS value
    FROM (
        SELECT user_id, field, part.key, (array_agg(part.value ORDER BY place))[1] AS value
        FROM said
        CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(said.value) = 'object' THEN said.value END)
                               AS part (key, value)
        WHERE field IN ('beliefs', 'interactionStyle', 'lifestyle') AND jsonb_typeof(part.value) <> 'null'
        GROUP BY user_id, field, part.key
    ) AS part
    GROUP BY user_id, field
),
list AS (
    SELECT user_id, field, jsonb_agg(value ORDER BY first) AS value
    FROM (
        SELECT user_id, field, element.value, min(ARRAY[said.place, element.place]) AS first
        FROM said
        CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(said.value) = 'array' THEN said.value END)
                               WITH ORDINALITY AS element (value, place)
        WHERE field IN ('coreValues', 'constraints') AND jsonb_typeof(element.value) = 'string'
        GROUP BY user_id, field, element.value
    ) AS element
    GROUP BY user_id, field
),
field (name, nothing) AS (
    VALUES ('coreValues', jsonb '[]'), ('beliefs', '{}'), ('interactionStyle', '{}'), ('lifestyle', '{}'),
           ('constraints', '[]'), ('location', 'null'), ('ageRange', 'null'), ('name', 'null')
)
SELECT "userId", field.name AS field, left(stored.value::text, 200) AS stored, left(expected.value::text, 200) AS expected
FROM "UnifiedProfile"
CROSS JOIN field
LEFT JOIN (SELECT * FROM text UNION ALL SELECT * FROM object UNION ALL SELECT * FROM list) AS first
    ON first.user_id = "userId" AND first.field = field.name
CROSS JOIN LATERAL (SELECT to_jsonb("UnifiedProfile") -> field.name AS value) AS stored
CROSS JOIN LATERAL (SELECT coalesce(first.value, field.nothing) AS value) AS expected
WHERE stored.value IS DISTINCT FROM expected.value
ORDER BY "userId", field.name;
