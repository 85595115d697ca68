-- from: 20251117100000
-- Catches a key or a reference of the new tables that is missing, not validated, or that points elsewhere or leaves rows
-- behind when a user is deleted.
SELECT expected.name, pg_constraint.convalidated AS validated, pg_get_constraintdef(pg_constraint.oid) AS definition
FROM (
    VALUES ('"UnifiedProfile"', 'UnifiedProfile_userId_key', 'UNIQUE ("userId")'),
           ('"UnifiedProfile"', 'UnifiedProfile_userId_fkey',
            'FOREIGN KEY ("userId") REFERENCES "User"(id) ON DELETE CASCADE'),
           ('"ContextIntent"', 'ContextIntent_userId_contextType_key', 'UNIQUE ("userId", "contextType")'),
           ('"ContextIntent"', 'ContextIntent_userId_fkey',
            'FOREIGN KEY ("userId") REFERENCES "User"(id) ON DELETE CASCADE')
) AS expected ("table", name, definition)
LEFT JOIN pg_constraint ON conrelid = to_regclass(expected."table") AND conname = expected.name
-- Each part may be null, where there is no such constraint; that is an offence too.
WHERE (pg_constraint.convalidated AND pg_get_constraintdef(pg_constraint.oid) = expected.definition) IS NOT TRUE
ORDER BY expected.name;
