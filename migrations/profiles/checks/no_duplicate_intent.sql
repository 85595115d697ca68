-- from: 20251117100000
-- Catches two intents of one user in one context, should the unique key be missing.
SELECT "userId", "contextType", count(*) AS intents
FROM "ContextIntent"
GROUP BY "userId", "contextType"
HAVING count(*) > 1
ORDER BY "userId", "contextType";
