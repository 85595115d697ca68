-- from: 20250915090000
-- Catches colours, wherever they are in the traits, that are not whole numbers h 0-359, s 0-100, l 0-100.
SELECT "Pet"."id", "Pet"."name", node."fullkey" AS "path", node."value" AS "colour"
FROM "Pet",
     -- Text that is not JSON is the subject of another check, and must not end this one with an error.
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
