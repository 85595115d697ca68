SELECT 'it''s', "a""b", `c`, [d e], E'\';', U&'\0441', N'x', x'1f', $$ ; $$, $tag$ $$ ; $tag$, 1.5e-3 + .5 -- ;
FROM "main".a /* ; /* ; */ ; */ WHERE b = $1 AND c = :name AND d = ?1 AND e = @f;
