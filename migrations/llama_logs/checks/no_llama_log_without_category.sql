-- from: 20250917100000
-- Catches records that the migration did not fill, and records written without a category if NOT NULL is missing.
SELECT id, operation, status, created_at
FROM llama_logs
WHERE category IS NULL
ORDER BY id;
