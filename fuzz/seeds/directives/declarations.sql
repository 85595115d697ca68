-- no-transaction
-- loses: "Table"."column", no longer used
-- allow: populated/schema-lost "by name", all of it
-- requires-backfill: pet_traits
-- requires-backfil: misspelt
/* loses: a */
BEGIN; SELECT 1; COMMIT; -- loses: below
