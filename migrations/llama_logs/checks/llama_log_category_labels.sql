-- expect: rows
-- from: 20250917100000
-- Catches an enum with an extra or a missing label, or with labels in another order, which is their sort order.
SELECT array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
FROM pg_enum
WHERE enumtypid = to_regtype('"LlamaLogCategory"')
HAVING array_agg(enumlabel::text ORDER BY enumsortorder)
     = ARRAY['CREATED', 'ENRICHED', 'CORRECTED', 'CACHED', 'FAILED'];
