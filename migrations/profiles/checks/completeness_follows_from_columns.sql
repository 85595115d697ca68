-- from: 20251117100000
-- Catches a completeness or a list of missing columns that does not follow from the columns. Computes both from a
-- table of columns; `round` rounds half away from zero.
WITH field (context, place, name) AS (
    VALUES (NULL, 1, 'coreValues'), (NULL, 2, 'beliefs'), (NULL, 3, 'interactionStyle'), (NULL, 4, 'lifestyle'),
           (NULL, 5, 'constraints'), (NULL, 6, 'location'), (NULL, 7, 'ageRange'),
           ('romantic', 1, 'relationshipTimeline'), ('romantic', 2, 'exclusivityExpectation'),
           ('romantic', 3, 'familyIntentions'), ('romantic', 4, 'attractionImportance'),
           ('friendship', 1, 'friendshipDepth'), ('friendship', 2, 'groupActivityPreference'),
           ('friendship', 3, 'emotionalSupportExpectation'),
           ('professional', 1, 'partnershipType'), ('professional', 2, 'commitmentHorizon'),
           ('professional', 3, 'complementarySkills'), ('professional', 4, 'equityOrRevShare'),
           ('creative', 1, 'creativeType'), ('creative', 2, 'roleNeeded'), ('creative', 3, 'processStyle'),
           ('creative', 4, 'egoBalance'), ('creative', 5, 'compensationExpectation'),
           ('service', 1, 'serviceType'), ('service', 2, 'budgetRange'), ('service', 3, 'timelineNeeded'),
           ('service', 4, 'credentialsRequired')
),
stored AS (
    SELECT "userId", NULL AS context, "completeness", "missing", to_jsonb("UnifiedProfile") AS columns
    FROM "UnifiedProfile"
    UNION ALL
    SELECT "userId", "contextType"::text, "completeness", "missing", to_jsonb("ContextIntent")
    FROM "ContextIntent"
)
SELECT stored."userId", stored.context, stored."completeness", expected.completeness AS "expectedCompleteness",
       stored."missing", expected.missing AS "expectedMissing"
FROM stored
CROSS JOIN LATERAL (
    SELECT round(100.0 * count(*) FILTER (WHERE value.is_filled) / count(*)) AS completeness,
           coalesce(array_agg(field.name ORDER BY field.place) FILTER (WHERE NOT value.is_filled), '{}') AS missing
    FROM field
    CROSS JOIN LATERAL (
        SELECT coalesce(stored.columns -> field.name, 'null') NOT IN ('null', '""', '[]', '{}') AS is_filled
    ) AS value
    WHERE field.context IS NOT DISTINCT FROM stored.context
) AS expected
WHERE stored."completeness" IS DISTINCT FROM expected.completeness
   OR stored."missing" IS DISTINCT FROM expected.missing
ORDER BY stored."userId", stored.context;
