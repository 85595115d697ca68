-- +goose NO TRANSACTION
-- +goose Up
-- +goose StatementBegin
CREATE TABLE a (b INT);
-- +goose StatementEnd
-- +goose Down
DROP TABLE a;
