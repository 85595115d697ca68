-- from: 20260119100000
-- Catches a new table without row-level security, and a policy that is missing, does not apply to all roles, or is
-- not the only one, because another policy would show more rows.
SELECT expected.name, relrowsecurity AS is_on, policy.policies
FROM (
    VALUES ('parts_v2'), ('sessions_v2'), ('part_relationships_v2'), ('observations'), ('timeline_events')
) AS expected (name)
LEFT JOIN pg_class ON pg_class.oid = to_regclass(expected.name)
LEFT JOIN LATERAL (
    SELECT array_agg(polname::text ORDER BY polname) AS policies,
           bool_and(
               polcmd = '*'
               AND polpermissive
               AND polroles = '{0}'
               AND pg_get_expr(polqual, polrelid)
                   = '(user_id = (NULLIF(current_setting(''app.user_id''::text, true), ''''::text))::uuid)'
               AND polwithcheck IS NULL
           ) AS is_own_rows
    FROM pg_policy
    WHERE polrelid = pg_class.oid
) AS policy ON TRUE
WHERE (relrowsecurity AND policy.policies = ARRAY[expected.name || '_own_rows'] AND policy.is_own_rows) IS NOT TRUE
ORDER BY expected.name;
