-- The reporting views are for PostgreSQL only, where other programs may sign in to the database itself.
SELECT 1;
