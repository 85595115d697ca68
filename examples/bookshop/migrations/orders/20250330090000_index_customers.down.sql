DROP INDEX orders_of_customer;
