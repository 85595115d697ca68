-- The old tables were never changed, and hold all that came from them; what the app wrote since is gone. Nobody is finished
-- any more, or going up again would leave them with nothing: the mark goes, and what made way for it comes back, as
-- `app::parts::clear_done` has it.

UPDATE users
SET settings = CASE
    WHEN NOT settings ? 'prd_backfill_replaced' THEN settings - 'prd_backfill_completed'
    WHEN settings -> 'prd_backfill_replaced' ?| '{prd_backfill_completed,prd_backfill_replaced}'
        THEN settings - 'prd_backfill_replaced' || (settings -> 'prd_backfill_replaced')
    WHEN settings - '{prd_backfill_completed,prd_backfill_replaced}'::text[] <> '{}'
        THEN settings - '{prd_backfill_completed,prd_backfill_replaced}'::text[]
    ELSE settings #> '{prd_backfill_replaced,settings}'
END
WHERE settings @> '{"prd_backfill_completed": true}';

DROP INDEX part_relationships_user_id_created_at_idx;
DROP INDEX parts_user_id_name_idx;
DROP TABLE timeline_events;
DROP TABLE observations;
DROP TABLE part_relationships_v2;
DROP TABLE sessions_v2;
DROP TABLE parts_v2;
