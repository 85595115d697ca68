-- Every record stays, also those written under the new name. A category is derived from operation and status, so
-- dropping the column loses nothing that the way up cannot write again.

DROP VIEW enrichment_logs;
DROP TRIGGER llama_logs_category_on_update ON llama_logs;
DROP TRIGGER llama_logs_category_on_insert ON llama_logs;
DROP FUNCTION llama_logs_set_category();

DROP INDEX llama_logs_category_created_at_idx;
ALTER TABLE llama_logs DROP COLUMN category;
DROP TYPE "LlamaLogCategory";

ALTER INDEX llama_logs_track_id_idx RENAME TO enrichment_logs_track_id_idx;
ALTER INDEX llama_logs_artist_id_idx RENAME TO enrichment_logs_artist_id_idx;
ALTER INDEX llama_logs_album_id_idx RENAME TO enrichment_logs_album_id_idx;
ALTER INDEX llama_logs_user_id_idx RENAME TO enrichment_logs_user_id_idx;
ALTER INDEX llama_logs_status_created_at_idx RENAME TO enrichment_logs_status_created_at_idx;
ALTER INDEX llama_logs_created_at_idx RENAME TO enrichment_logs_created_at_idx;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_track_id_fkey TO enrichment_logs_track_id_fkey;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_artist_id_fkey TO enrichment_logs_artist_id_fkey;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_album_id_fkey TO enrichment_logs_album_id_fkey;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_user_id_fkey TO enrichment_logs_user_id_fkey;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_status_check TO enrichment_logs_status_check;
ALTER TABLE llama_logs RENAME CONSTRAINT llama_logs_pkey TO enrichment_logs_pkey;
ALTER TABLE llama_logs RENAME TO enrichment_logs;
