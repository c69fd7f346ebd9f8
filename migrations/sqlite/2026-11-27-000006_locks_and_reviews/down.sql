ALTER TABLE submissions DROP COLUMN reviewed_at;
ALTER TABLE submissions DROP COLUMN reviewed_by;
ALTER TABLE submissions DROP COLUMN review_comment;
ALTER TABLE submissions DROP COLUMN verdict;
ALTER TABLE coalitions DROP COLUMN locked_through;
