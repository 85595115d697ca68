-- Whether an order is paid. The default fills existing rows.
ALTER TABLE orders ADD COLUMN paid boolean NOT NULL DEFAULT false;
