-- The ids of the measures that the backbone expects a partner to report, as a JSON array; null: the usual ones, which
-- are those marked as required, or all where none is.
ALTER TABLE partners ADD COLUMN expected_measures TEXT;
