ALTER TABLE partners DROP COLUMN expected_measures;
