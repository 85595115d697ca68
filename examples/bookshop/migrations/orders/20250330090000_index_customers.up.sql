-- no-transaction
CREATE INDEX CONCURRENTLY orders_of_customer ON orders (customer);
