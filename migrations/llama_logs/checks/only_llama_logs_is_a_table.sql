-- from: 20250917100000
-- Catches a log that was copied instead of renamed, so that the old table still exists, and a log that is no longer
-- a table.
SELECT name, kind, problem
FROM (
    SELECT relname::text AS name, relkind::text AS kind, 'is a table' AS problem
    FROM pg_class
    WHERE oid = to_regclass('enrichment_logs') AND relkind IN ('r', 'p', 'f', 'm')
    UNION ALL
    SELECT 'llama_logs', (SELECT relkind::text FROM pg_class WHERE oid = to_regclass('llama_logs')), 'is no table'
    WHERE NOT EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass('llama_logs') AND relkind IN ('r', 'p'))
) AS offender
ORDER BY name;
