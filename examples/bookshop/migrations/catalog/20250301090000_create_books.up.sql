-- Books, with their old numbers.
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, isbn10 TEXT NOT NULL) STRICT;
