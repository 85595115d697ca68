-- from: 20251015100000
-- Catches a view or other relation that still has the old name, and triggers of the view that still exist.
SELECT name, kind
FROM (
    SELECT relname::text AS name, relkind::text AS kind FROM pg_class WHERE oid = to_regclass('enrichment_logs')
    UNION ALL
    SELECT tgname::text, 'trigger' FROM pg_trigger WHERE tgrelid = to_regclass('llama_logs') AND NOT tgisinternal
) AS offender
ORDER BY name;
