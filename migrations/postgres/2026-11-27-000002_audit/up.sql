-- Who changed what, in chains: one for each coalition (its organization_id is 0), one for each organization (its
-- coalition_id is 0), and one for the installation (both are 0). The checksum of a row covers the one before it.
-- Nothing here refers to another table, so that a row stands whatever becomes of what it names.
CREATE TABLE audit_log (
    coalition_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (coalition_id, organization_id, sequence),
    CHECK (coalition_id = 0 OR organization_id = 0)
);

-- The end of each chain. Whoever adds a row waits here for the one before.
CREATE TABLE audit_heads (
    coalition_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    sequence BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (coalition_id, organization_id)
);

-- Rows are added and never changed.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed';
END
$$;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_heads_are_not_deleted BEFORE DELETE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
