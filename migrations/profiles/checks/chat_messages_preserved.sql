-- kind: preserved
-- from: 20251117100000
-- Catches chat messages that were lost or changed, or that belong to another context profile or user.
SELECT "ChatMessage"."id", "ChatMessage"."contextProfileId", "ContextProfile"."userId",
       "ContextProfile"."contextType"::text, "role", "content",
       ("ChatMessage"."createdAt" AT TIME ZONE 'UTC')::text AS "createdAt"
FROM "ChatMessage"
LEFT JOIN "ContextProfile" ON "ContextProfile"."id" = "ChatMessage"."contextProfileId";
-- after
SELECT "ChatMessage"."id", "ChatMessage"."contextProfileId", "ContextProfile"."userId",
       "ContextProfile"."contextType"::text, "role", "content",
       ("ChatMessage"."createdAt" AT TIME ZONE 'UTC')::text AS "createdAt"
FROM "ChatMessage"
LEFT JOIN "ContextProfile" ON "ContextProfile"."id" = "ChatMessage"."contextProfileId";
