-- kind: report
-- from: 20250915090000
-- Shows the number of pets with each rarity, so that a person can judge the distribution.
SELECT coalesce(CASE WHEN json_valid("Pet"."traits") THEN "Pet"."traits" ->> '$.rarity' END, '(none)') AS "rarity",
       count(*) AS "pets",
       round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS "percent"
FROM "Pet"
GROUP BY 1
ORDER BY 2 DESC, 1;
