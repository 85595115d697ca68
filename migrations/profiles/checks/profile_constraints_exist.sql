-- from: 20251117100000
-- Catches a unique key or foreign key of the new tables that is missing, not validated, or different: for example
-- one that refers to another table, or does not delete rows with their user.
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
-- If the constraint is missing, the condition is null, which is an offence as well.
WHERE (pg_constraint.convalidated AND pg_get_constraintdef(pg_constraint.oid) = expected.definition) IS NOT TRUE
ORDER BY expected.name;
