-- SQLite has no roles, and so no row-level security: there the service's own filters stand alone.
SELECT 1;
