-- kind: preserved
-- expect: rows
-- from: 1
-- until: 20240101000000
SELECT 1;
-- after
SELECT 2;
