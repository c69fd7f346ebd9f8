DELETE FROM organization_coalitions WHERE EXISTS (
    SELECT 1 FROM partners
    WHERE partners.coalition_id = organization_coalitions.coalition_id
        AND partners.organization_id = organization_coalitions.organization_id
        AND partners.state IN ('declined', 'left'));
ALTER TABLE coalition_clock DROP COLUMN written_at;
