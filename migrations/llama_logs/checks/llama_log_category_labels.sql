-- expect: rows
-- from: 20250917100000
-- Catches an enum with a label too many, one too few, or in another order, which is the order in which it sorts.
SELECT array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
FROM pg_enum
WHERE enumtypid = to_regtype('"LlamaLogCategory"')
HAVING array_agg(enumlabel::text ORDER BY enumsortorder)
     = ARRAY['CREATED', 'ENRICHED', 'CORRECTED', 'CACHED', 'FAILED'];
