-- New numbers, which the backfill `isbn13` fills.
ALTER TABLE books ADD COLUMN isbn13 TEXT;
