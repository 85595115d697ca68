-- Catches rows that refer to a missing user, pet or trait, for example after a change with foreign keys off.
SELECT "Pet"."id" AS "id", "Pet"."name" AS "name",
       violation."table" AS "in_table", violation."rowid" AS "row", violation."parent" AS "missing_from"
FROM pragma_foreign_key_check AS violation
LEFT JOIN "Pet" ON violation."table" = 'Pet' AND "Pet"."rowid" = violation."rowid"
ORDER BY violation."table", violation."rowid", violation."fkid";
