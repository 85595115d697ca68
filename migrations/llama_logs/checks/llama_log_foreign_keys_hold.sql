-- from: 20250917100000
-- Catches records that refer to a missing user, album, artist or track, even if a constraint is missing or not
-- validated.
SELECT log.id, reference.name AS "column", reference.value AS missing
FROM llama_logs AS log
LEFT JOIN users ON users.id = log.user_id
LEFT JOIN albums ON albums.id = log.album_id
LEFT JOIN artists ON artists.id = log.artist_id
LEFT JOIN tracks ON tracks.id = log.track_id
CROSS JOIN LATERAL (
    VALUES ('user_id', log.user_id, users.id),
           ('album_id', log.album_id, albums.id),
           ('artist_id', log.artist_id, artists.id),
           ('track_id', log.track_id, tracks.id)
) AS reference (name, value, found)
WHERE reference.value IS NOT NULL AND reference.found IS NULL
ORDER BY log.id, reference.name;
