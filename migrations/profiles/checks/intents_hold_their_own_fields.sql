-- from: 20251117100000
-- Catches intents with a value in a column of another context.
SELECT "ContextIntent"."userId", "ContextIntent"."contextType", foreign_field.name, foreign_field.value
FROM "ContextIntent"
CROSS JOIN LATERAL (
    SELECT field.name, to_jsonb("ContextIntent") -> field.name AS value
    FROM (
        VALUES ('romantic', ARRAY['relationshipTimeline', 'exclusivityExpectation', 'familyIntentions',
                                  'attractionImportance']),
               ('friendship', ARRAY['friendshipDepth', 'groupActivityPreference', 'emotionalSupportExpectation']),
               ('professional', ARRAY['partnershipType', 'commitmentHorizon', 'complementarySkills',
                                      'equityOrRevShare']),
               ('creative', ARRAY['creativeType', 'roleNeeded', 'processStyle', 'egoBalance',
                                  'compensationExpectation']),
               ('service', ARRAY['serviceType', 'budgetRange', 'timelineNeeded', 'credentialsRequired'])
    ) AS context (type, fields)
    CROSS JOIN LATERAL unnest(context.fields) AS field (name)
    WHERE context.type <> "ContextIntent"."contextType"::text
) AS foreign_field
WHERE foreign_field.value IS DISTINCT FROM 'null'
ORDER BY "ContextIntent"."userId", "ContextIntent"."contextType", foreign_field.name;
