-- kind: preserved
-- from: 20260119100000
-- Catches users who were lost, and settings that were lost or changed: all but the mark of a finished user, and what made
-- way for it put back.
SELECT id::text, email, CASE
           WHEN settings @> '{"prd_backfill_completed": true}' IS NOT TRUE THEN settings
           WHEN NOT settings ? 'prd_backfill_replaced' THEN settings - 'prd_backfill_completed'
           WHEN settings -> 'prd_backfill_replaced' ? 'settings' THEN settings #> '{prd_backfill_replaced,settings}'
           WHEN settings -> 'prd_backfill_replaced' ?| '{prd_backfill_completed,prd_backfill_replaced}'
               THEN settings - 'prd_backfill_replaced' || (settings -> 'prd_backfill_replaced')
       END::text AS settings
FROM users;
-- after
SELECT id::text, email, CASE
           WHEN settings @> '{"prd_backfill_completed": true}' IS NOT TRUE THEN settings
           WHEN NOT settings ? 'prd_backfill_replaced' THEN settings - 'prd_backfill_completed'
           WHEN settings -> 'prd_backfill_replaced' ? 'settings' THEN settings #> '{prd_backfill_replaced,settings}'
           WHEN settings -> 'prd_backfill_replaced' ?| '{prd_backfill_completed,prd_backfill_replaced}'
               THEN settings - 'prd_backfill_replaced' || (settings -> 'prd_backfill_replaced')
       END::text AS settings
FROM users;
