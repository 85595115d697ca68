-- kind: report
-- from: 20251117100000
-- Shows how complete profiles and intents are.
SELECT kind, "completeness", count(*) AS rows
FROM (
    SELECT 'profile' AS kind, "completeness" FROM "UnifiedProfile"
    UNION ALL
    SELECT "contextType"::text, "completeness" FROM "ContextIntent"
) AS measured
GROUP BY kind, "completeness"
ORDER BY kind, "completeness";
