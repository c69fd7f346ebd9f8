-- The second factor of an account: the secret that it shares with an app, which counts once it is confirmed, and the
-- newest time step of which a code was taken, so that none is taken twice.
CREATE TABLE second_factors (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    secret BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL
);
-- Codes for whoever has lost the app, each for once.
CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    code_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (account_id, code_hash)
);
