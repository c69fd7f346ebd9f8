-- The last day of the periods that take no changes any more; null: all periods are open.
ALTER TABLE coalitions ADD COLUMN locked_through TEXT;

-- What the backbone found when it looked at a submission; null: it has not looked yet.
ALTER TABLE submissions ADD COLUMN verdict TEXT CHECK (verdict IN ('accepted', 'questioned'));
ALTER TABLE submissions ADD COLUMN review_comment TEXT;
ALTER TABLE submissions ADD COLUMN reviewed_by TEXT;
ALTER TABLE submissions ADD COLUMN reviewed_at BIGINT;
