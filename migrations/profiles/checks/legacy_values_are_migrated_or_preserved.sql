-- from: 20251117100000
-- Catches values of the old data that are neither in a column of the new tables nor in `"legacyData"`, and users
-- whose numbers do not add up to legacy values = migrated + preserved. The app's `profiles::Tally` defines what
-- counts as a value; this query counts independently of the app, on jsonb.
WITH data AS (
    SELECT "ContextProfile"."userId" AS user_id, "contextType"::text AS context, "data" AS value
    FROM "Profile"
    JOIN "ContextProfile" ON "ContextProfile"."id" = "Profile"."contextProfileId"
    WHERE jsonb_typeof("data") <> 'null'
),
entry AS (
    SELECT user_id, context, key, entry.value, jsonb_typeof(entry.value) AS type
    FROM data, jsonb_each(CASE WHEN jsonb_typeof(data.value) = 'object' THEN data.value END) AS entry (key, value)
    WHERE jsonb_typeof(entry.value) <> 'null'
),
-- Each value with its place in the new tables: `none` if the context has no such field, or if the value has the
-- wrong type.
legacy AS (
    SELECT user_id, context, NULL AS key, NULL AS inner_key, value, 'none' AS place
    FROM data
    WHERE jsonb_typeof(value) <> 'object'
    UNION ALL
    SELECT user_id, context, key, NULL, element.value,
           CASE WHEN jsonb_typeof(element.value) = 'string' THEN 'element' ELSE 'none' END
    FROM entry, jsonb_path_query(entry.value, 'strict $[*]', '{}', TRUE) AS element (value)
    WHERE key IN ('coreValues', 'constraints') AND jsonb_typeof(element.value) <> 'null'
    UNION ALL
    SELECT user_id, context, entry.key, part.name, part.value, 'key'
    FROM entry, jsonb_each(CASE WHEN type = 'object' THEN entry.value END) AS part (name, value)
    WHERE entry.key IN ('beliefs', 'interactionStyle', 'lifestyle') AND jsonb_typeof(part.value) <> 'null'
    UNION ALL
    SELECT user_id, context, key, NULL, element.value, 'own element'
    FROM entry, jsonb_path_query(entry.value, 'strict $[*]', '{}', TRUE) AS element (value)
    WHERE context = 'professional' AND key = 'complementarySkills' AND jsonb_typeof(element.value) <> 'null'
    UNION ALL
    SELECT user_id, context, key, NULL, value,
           CASE WHEN type <> 'string' THEN 'none'
                WHEN key IN ('location', 'ageRange', 'name') THEN 'text'
                WHEN key = ANY (CASE context
                    WHEN 'romantic' THEN ARRAY['relationshipTimeline', 'exclusivityExpectation', 'familyIntentions',
                                               'attractionImportance']
                    WHEN 'friendship' THEN ARRAY['friendshipDepth', 'groupActivityPreference',
                                                 'emotionalSupportExpectation']
                    WHEN 'professional' THEN ARRAY['partnershipType', 'commitmentHorizon', 'equityOrRevShare']
                    WHEN 'creative' THEN ARRAY['creativeType', 'roleNeeded', 'processStyle', 'egoBalance',
                                               'compensationExpectation']
                    WHEN 'service' THEN ARRAY['serviceType', 'budgetRange', 'timelineNeeded', 'credentialsRequired']
                END) THEN 'own text'
                ELSE 'none'
           END
    FROM entry
    WHERE NOT (type = 'array' AND key IN ('coreValues', 'constraints'))
      AND NOT (type = 'object' AND key IN ('beliefs', 'interactionStyle', 'lifestyle'))
      AND NOT (type = 'array' AND key = 'complementarySkills' AND context = 'professional')
),
-- Materialized, so that each row is converted once and not once per value.
profile AS MATERIALIZED (
    SELECT "userId" AS user_id, to_jsonb("UnifiedProfile") AS columns FROM "UnifiedProfile"
),
intent AS MATERIALIZED (
    SELECT "userId" AS user_id, "contextType"::text AS type, to_jsonb("ContextIntent") AS columns FROM "ContextIntent"
),
found AS (
    SELECT legacy.*,
           coalesce(CASE place
               WHEN 'text' THEN profile.columns -> key = value
               WHEN 'element' THEN EXISTS (
                   SELECT 1 FROM jsonb_path_query(profile.columns -> key, 'strict $[*]', '{}', TRUE) AS element (value)
                   WHERE element.value = legacy.value
               )
               WHEN 'key' THEN profile.columns -> key -> inner_key = value
               WHEN 'own text' THEN intent.columns -> key = value
               WHEN 'own element' THEN EXISTS (
                   SELECT 1 FROM jsonb_path_query(intent.columns -> key, 'strict $[*]', '{}', TRUE) AS element (value)
                   WHERE element.value = legacy.value
               )
           END, FALSE) AS is_migrated,
           coalesce(CASE
               WHEN key IS NULL THEN preserved.of_context = value
               WHEN place = 'none'
                   THEN preserved.of_context -> key = value
                     OR key IN ('coreValues', 'constraints') AND EXISTS (
                            SELECT 1
                            FROM jsonb_path_query(preserved.of_context -> key, 'strict $[*]', '{}', TRUE) AS element (value)
                            WHERE element.value = legacy.value
                        )
               ELSE EXISTS (
                   SELECT 1
                   FROM jsonb_path_query(preserved.conflicts -> concat_ws('.', key, inner_key), 'strict $[*]', '{}', TRUE)
                            AS loser (row)
                   WHERE loser.row = jsonb_build_object('context', context, 'value', legacy.value)
               )
           END, FALSE) AS is_kept
    FROM legacy
    LEFT JOIN profile ON profile.user_id = legacy.user_id
    LEFT JOIN intent ON intent.user_id = legacy.user_id AND intent.type = legacy.context
    CROSS JOIN LATERAL (
        SELECT profile.columns -> 'legacyData' -> context AS of_context,
               profile.columns -> 'legacyData' -> 'conflicts' AS conflicts
    ) AS preserved
),
-- All values in `"legacyData"`, including values that are not in the old data.
held AS (
    SELECT "userId" AS user_id, count(*) AS preserved
    FROM "UnifiedProfile"
    CROSS JOIN LATERAL jsonb_each("legacyData") AS part (name, value)
    CROSS JOIN LATERAL (
        SELECT 1
        FROM jsonb_path_query(part.value, 'strict $.*[*]', '{}', TRUE)
        WHERE part.name = 'conflicts'
        UNION ALL
        SELECT 1 WHERE part.name <> 'conflicts' AND jsonb_typeof(part.value) <> 'object'
        UNION ALL
        SELECT 1
        FROM jsonb_path_query(part.value, 'strict $.keyvalue()', '{}', TRUE) AS unmapped (entry),
             jsonb_path_query(unmapped.entry, CASE
                 WHEN unmapped.entry ->> 'key' IN ('coreValues', 'constraints')
                  AND jsonb_typeof(unmapped.entry -> 'value') = 'array' THEN 'strict $.value[*]'::jsonpath
                 ELSE 'strict $.value'
             END)
        WHERE part.name <> 'conflicts'
    ) AS item
    GROUP BY "userId"
),
sums AS (
    SELECT coalesce(counted.user_id, held.user_id) AS user_id, coalesce(legacy, 0) AS legacy,
           coalesce(migrated, 0) AS migrated, coalesce(held.preserved, 0) AS preserved
    FROM (
        SELECT user_id, count(*) AS legacy, count(*) FILTER (WHERE is_migrated) AS migrated FROM found GROUP BY user_id
    ) AS counted
    FULL JOIN held ON held.user_id = counted.user_id
)
SELECT user_id AS "userId", context, concat_ws('.', key, inner_key) AS field, left(value::text, 200) AS value,
       'neither migrated nor preserved' AS problem
FROM found
WHERE NOT is_migrated AND NOT is_kept
UNION ALL
SELECT user_id, NULL, NULL, NULL, format('%s legacy values, %s migrated + %s preserved', legacy, migrated, preserved)
FROM sums
WHERE legacy <> migrated + preserved
ORDER BY 1, 2, 3;
