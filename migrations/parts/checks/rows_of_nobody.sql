-- kind: report
-- from: 20260119100000
-- Shows the legacy rows without a user, which the backfill cannot migrate, each with its id and the reason.
SELECT legacy.kind, legacy.id,
       CASE WHEN legacy.user_id IS NULL THEN 'user_id is null' ELSE 'there is no user ' || legacy.user_id END AS reason
FROM (
    SELECT 'part' AS kind, id, user_id FROM parts
    UNION ALL SELECT 'session', id, user_id FROM sessions
    UNION ALL SELECT 'relationship', id, user_id FROM part_relationships
) AS legacy
LEFT JOIN users ON users.id = legacy.user_id
WHERE users.id IS NULL
ORDER BY 1, 2;
