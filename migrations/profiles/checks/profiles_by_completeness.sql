-- kind: report
-- from: 20251117100000
-- Shows the number of profiles and intents with each completeness.
SELECT kind, "completeness", count(*) AS rows
FROM (
    SELECT 'profile' AS kind, "completeness" FROM "UnifiedProfile"
    UNION ALL
    SELECT "contextType"::text, "completeness" FROM "ContextIntent"
) AS measured
GROUP BY kind, "completeness"
ORDER BY kind, "completeness";
