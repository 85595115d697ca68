-- expect: rows
-- from: 20250915090000
-- Catches a column that is missing, or has another type, a default or NOT NULL.
SELECT "name", "type"
FROM pragma_table_info('Pet')
WHERE "name" = 'traits' AND "type" = 'TEXT' AND "notnull" = 0 AND "dflt_value" IS NULL;
