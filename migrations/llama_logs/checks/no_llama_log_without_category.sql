-- from: 20250917100000
-- Catches records that the fill did not reach, or that were written without a category, should NOT NULL be missing.
SELECT id, operation, status, created_at
FROM llama_logs
WHERE category IS NULL
ORDER BY id;
