-- No code uses the old name any more. With the view go the triggers, which were there only for what was written through
-- it: from here on a record without a category is refused.

DROP VIEW enrichment_logs;
DROP TRIGGER llama_logs_category_on_update ON llama_logs;
DROP TRIGGER llama_logs_category_on_insert ON llama_logs;
DROP FUNCTION llama_logs_set_category();
