-- from: 20250915090000
-- Catches colours anywhere in the traits whose values are not whole numbers with h 0-359, s 0-100 and l 0-100.
SELECT "Pet"."id", "Pet"."name", node."fullkey" AS "path", node."value" AS "colour"
FROM "Pet",
     -- Another check reports text that is not JSON; such text must not fail this one.
     json_tree(CASE WHEN json_valid("Pet"."traits") THEN "Pet"."traits" ELSE '{}' END) AS node
WHERE CASE
    WHEN node."type" <> 'object' THEN node."key" IN ('colour', 'belly')
    WHEN node."key" IN ('colour', 'belly')
         OR json_type(node."value", '$.h') IS NOT NULL
         OR json_type(node."value", '$.s') IS NOT NULL
         OR json_type(node."value", '$.l') IS NOT NULL
    THEN NOT (
        json_type(node."value", '$.h') IS 'integer' AND node."value" ->> '$.h' BETWEEN 0 AND 359
        AND json_type(node."value", '$.s') IS 'integer' AND node."value" ->> '$.s' BETWEEN 0 AND 100
        AND json_type(node."value", '$.l') IS 'integer' AND node."value" ->> '$.l' BETWEEN 0 AND 100
    )
    ELSE FALSE
END
ORDER BY "Pet"."id", node."fullkey";
