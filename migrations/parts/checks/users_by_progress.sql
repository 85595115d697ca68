-- kind: report
-- from: 20260119100000
-- Shows the numbers of finished and unfinished users, with the numbers of their rows in each table.
SELECT users.settings @> '{"prd_backfill_completed": true}' IS TRUE AS finished,
       count(*) AS users,
       sum((SELECT count(*) FROM parts WHERE parts.user_id = users.id)) AS legacy_parts,
       sum((SELECT count(*) FROM parts_v2 WHERE parts_v2.user_id = users.id)) AS parts,
       sum((SELECT count(*) FROM sessions WHERE sessions.user_id = users.id)) AS legacy_sessions,
       sum((SELECT count(*) FROM sessions_v2 WHERE sessions_v2.user_id = users.id)) AS sessions,
       sum((SELECT count(*) FROM part_relationships AS legacy WHERE legacy.user_id = users.id)) AS legacy_relationships,
       sum((SELECT count(*) FROM part_relationships_v2 AS stored WHERE stored.user_id = users.id)) AS relationships
FROM users
GROUP BY 1
ORDER BY 1;
