-- from: 20260119100000
-- Catches a unique key, foreign key or check constraint of the new tables that is missing, not validated, or different.
SELECT expected.name, pg_constraint.convalidated AS validated, pg_get_constraintdef(pg_constraint.oid) AS definition
FROM (
    VALUES ('parts_v2', 'parts_v2_user_id_name_key', 'UNIQUE (user_id, name)'),
           ('parts_v2', 'parts_v2_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
           ('sessions_v2', 'sessions_v2_user_id_started_at_key', 'UNIQUE (user_id, started_at)'),
           ('sessions_v2', 'sessions_v2_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
           ('part_relationships_v2', 'part_relationships_v2_part_a_id_part_b_id_type_key',
            'UNIQUE (part_a_id, part_b_id, type)'),
           ('part_relationships_v2', 'part_relationships_v2_user_id_fkey',
            'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE'),
           ('part_relationships_v2', 'part_relationships_v2_part_a_id_fkey',
            'FOREIGN KEY (part_a_id, user_id) REFERENCES parts_v2(id, user_id)'),
           ('part_relationships_v2', 'part_relationships_v2_part_b_id_fkey',
            'FOREIGN KEY (part_b_id, user_id) REFERENCES parts_v2(id, user_id)'),
           ('part_relationships_v2', 'part_relationships_v2_ends_check', 'CHECK ((part_a_id <> part_b_id))'),
           ('part_relationships_v2', 'part_relationships_v2_symmetric_check', NULL),
           ('part_relationships_v2', 'part_relationships_v2_type_check', NULL)
) AS expected ("table", name, definition)
LEFT JOIN pg_constraint ON conrelid = to_regclass(expected."table") AND conname = expected.name
-- If the constraint is missing, the condition is null, which is an offence as well. Definitions that servers may print
-- differently are not compared.
WHERE (
    pg_constraint.convalidated
    AND pg_get_constraintdef(pg_constraint.oid) = coalesce(expected.definition, pg_get_constraintdef(pg_constraint.oid))
) IS NOT TRUE
ORDER BY expected.name;
