-- One-time tokens by which an account gets a new password: made by an admin of the one organization that the account is
-- in, or by the operator.
CREATE TABLE password_resets (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    reach TEXT NOT NULL CHECK (reach IN ('organization', 'operator')),
    organization_id INTEGER REFERENCES organizations (id),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    CHECK ((reach = 'organization') = (organization_id IS NOT NULL))
);
CREATE INDEX password_resets_by_account ON password_resets (account_id);
