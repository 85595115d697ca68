-- from: 20250917100000
-- Catches a foreign key that is missing after the rename, is not validated, refers to another table, or does not set
-- NULL on delete.
SELECT expected.name, expected.target, pg_constraint.convalidated AS validated
FROM (
    VALUES ('llama_logs_user_id_fkey', 'user_id', 'users'),
           ('llama_logs_album_id_fkey', 'album_id', 'albums'),
           ('llama_logs_artist_id_fkey', 'artist_id', 'artists'),
           ('llama_logs_track_id_fkey', 'track_id', 'tracks')
) AS expected (name, "column", target)
LEFT JOIN pg_constraint ON conrelid = to_regclass('llama_logs') AND conname = expected.name AND contype = 'f'
LEFT JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
-- If the constraint is missing, the condition is null, which is an offence as well.
WHERE (
    pg_constraint.convalidated
    AND confrelid = to_regclass(expected.target)
    AND confdeltype = 'n'
    AND attname = expected."column"
) IS NOT TRUE
ORDER BY expected.name;
