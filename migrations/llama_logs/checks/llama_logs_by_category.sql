-- kind: report
-- from: 20250917100000
-- Shows the number of records in each category, including empty categories.
SELECT label.category, count(llama_logs.id) AS records,
       round(100.0 * count(llama_logs.id) / nullif(sum(count(llama_logs.id)) OVER (), 0), 1) AS percent
FROM unnest(enum_range(NULL::"LlamaLogCategory")) AS label (category)
LEFT JOIN llama_logs ON llama_logs.category = label.category
GROUP BY label.category
ORDER BY label.category;
