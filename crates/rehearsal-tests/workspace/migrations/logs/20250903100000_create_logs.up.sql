-- What users did, in their words, and how long that is.
CREATE TABLE logs (id bigint PRIMARY KEY, text text NOT NULL, size int);
