-- from: 20250917100000
-- Catches a foreign key that the rename lost, that was never validated, or that points elsewhere or deletes the record.
SELECT expected.name, expected.target, pg_constraint.convalidated AS validated
FROM (
    VALUES ('llama_logs_user_id_fkey', 'user_id', 'users'),
           ('llama_logs_album_id_fkey', 'album_id', 'albums'),
           ('llama_logs_artist_id_fkey', 'artist_id', 'artists'),
           ('llama_logs_track_id_fkey', 'track_id', 'tracks')
) AS expected (name, "column", target)
LEFT JOIN pg_constraint ON conrelid = to_regclass('llama_logs') AND conname = expected.name AND contype = 'f'
LEFT JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
-- Each part may be null, where there is no such constraint; that is an offence too.
WHERE (
    pg_constraint.convalidated
    AND confrelid = to_regclass(expected.target)
    AND confdeltype = 'n'
    AND attname = expected."column"
) IS NOT TRUE
ORDER BY expected.name;
