-- from: 20250917100000
-- Catches categories that do not follow from operation and status. The rule is written differently from the
-- migration, as a list in order of precedence, so that both do not share a mistake. The check
-- `llama_log_categories_follow_rule`, in Rust, compares the categories with the app's function.
SELECT log.id, log.operation, log.status, log.category AS stored, rule.category AS expected
FROM llama_logs AS log
CROSS JOIN LATERAL (
    SELECT candidate.category
    FROM (
        VALUES (1, 'FAILED', log.status IN ('FAILED')),
               (2, 'CACHED', log.operation ~ '^cache:'),
               (3, 'CORRECTED', log.operation IN ('admin_correction')),
               (4, 'ENRICHED', log.operation ~ '^(enrichment|check|musicbrainz|spotify|discogs):'),
               (5, 'ENRICHED', log.operation IN ('PREVIEW_ENRICHMENT')),
               (6, 'CREATED', TRUE)
    ) AS candidate (place, category, fits)
    WHERE candidate.fits
    ORDER BY candidate.place
    LIMIT 1
) AS rule
WHERE log.category::text IS DISTINCT FROM rule.category
ORDER BY log.id;
