-- from: 20251117100000
-- Catches several intents of a user in one context, in case the unique key is missing.
SELECT "userId", "contextType", count(*) AS intents
FROM "ContextIntent"
GROUP BY "userId", "contextType"
HAVING count(*) > 1
ORDER BY "userId", "contextType";
