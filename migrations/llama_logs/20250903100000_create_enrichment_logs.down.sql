DROP TABLE enrichment_logs;
DROP TABLE tracks;
DROP TABLE artists;
DROP TABLE albums;
DROP TABLE users;
