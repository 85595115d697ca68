-- The old tables were never changed, and hold all that came from them; what the app wrote since is gone. Nobody is finished
-- any more, or going up again would leave them with nothing: the mark goes, and what made way for it comes back, as
-- `app::parts::clear_done` has it. The ledger of the backfill keeps that, on databases where the backfill ran.

DO $$
BEGIN
    IF to_regclass('_rehearsal_undo_notes') IS NOT NULL THEN
        UPDATE users
        SET settings = CASE
            WHEN note -> 'flag' IS NOT NULL
                THEN settings || jsonb_build_object('prd_backfill_completed', note -> 'flag')
            WHEN settings - 'prd_backfill_completed' <> '{}' THEN settings - 'prd_backfill_completed'
            WHEN note <> '"null"' THEN note -> 'settings'
        END
        FROM (SELECT unit, note::jsonb AS note FROM _rehearsal_undo_notes WHERE backfill = 'parts_v2') AS former
        WHERE users.id::text = former.unit AND settings @> '{"prd_backfill_completed": true}';
        DELETE FROM _rehearsal_undo_notes WHERE backfill = 'parts_v2';
    END IF;
END
$$;

UPDATE users
SET settings = settings - 'prd_backfill_completed'
WHERE settings @> '{"prd_backfill_completed": true}';

DROP INDEX part_relationships_user_id_created_at_idx;
DROP INDEX parts_user_id_name_idx;
DROP TABLE timeline_events;
DROP TABLE observations;
DROP TABLE part_relationships_v2;
DROP TABLE sessions_v2;
DROP TABLE parts_v2;
