-- from: 20251117100000
-- Catches a completeness that is not a percentage, in case the constraint is missing.
SELECT "table", "userId", "completeness"
FROM (
    SELECT 'UnifiedProfile' AS "table", "userId", "completeness" FROM "UnifiedProfile"
    UNION ALL
    SELECT 'ContextIntent', "userId", "completeness" FROM "ContextIntent"
) AS measured
WHERE ("completeness" BETWEEN 0 AND 100) IS NOT TRUE
ORDER BY "table", "userId";
