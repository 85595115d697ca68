-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_of_customer ON orders (customer);
