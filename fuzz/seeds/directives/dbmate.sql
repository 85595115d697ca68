-- migrate:up transaction:false
CREATE TABLE a (b INT);
-- migrate:down
DROP TABLE a;
