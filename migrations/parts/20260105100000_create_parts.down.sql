DROP TABLE part_relationships;
DROP TABLE sessions;
DROP TABLE parts;
DROP TABLE users;
