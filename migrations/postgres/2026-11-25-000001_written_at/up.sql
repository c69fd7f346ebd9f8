-- When the last write was recorded. `recorded_at` also moves when an instant is settled, which changes nothing. With the
-- revision it names one state of the coalition, also after a backup was restored and its revisions were counted anew.
ALTER TABLE coalition_clock ADD COLUMN written_at BIGINT NOT NULL DEFAULT 0;
UPDATE coalition_clock SET written_at = recorded_at;

-- An organization's places stay listed when it has left or declined: its name stands in answers about the time before.
INSERT INTO organization_coalitions (organization_id, coalition_id)
SELECT organization_id, coalition_id FROM partners WHERE state IN ('declined', 'left')
ON CONFLICT DO NOTHING;
