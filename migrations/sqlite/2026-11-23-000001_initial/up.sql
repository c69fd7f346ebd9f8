-- Who: organizations are the tenants, accounts the people, memberships the roles.
CREATE TABLE organizations (
    id INTEGER NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    code_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT
);

CREATE TABLE accounts (
    id INTEGER NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT
);

CREATE TABLE memberships (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, account_id)
);
CREATE INDEX memberships_by_account ON memberships (account_id);

-- A session is one sign-in: a family of refresh tokens of which only the newest may be used.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    issued_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- An invitation brings a person into an organization. Without an email it is the claim of an organization
-- that a backbone brought in, and whoever holds the token names the address.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    email TEXT,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX invitations_by_organization ON invitations (organization_id);

-- Keys that sign access tokens; the newest signs, all that are not retired verify.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);

-- Coalitions and the organizations in them.
CREATE TABLE coalitions (
    id INTEGER NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    code_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    fiscal_year_start_month SMALLINT NOT NULL CHECK (fiscal_year_start_month BETWEEN 1 AND 12),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The lock, the clock and the counters of a coalition: every write in it begins by updating this row.
CREATE TABLE coalition_clock (
    coalition_id INTEGER NOT NULL PRIMARY KEY REFERENCES coalitions (id),
    revision BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    next_id INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    schema_stamp BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    reach TEXT NOT NULL CHECK (reach IN ('organization', 'coalition')),
    coalition_id INTEGER REFERENCES coalitions (id),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_by INTEGER NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CHECK ((reach = 'coalition') = (coalition_id IS NOT NULL))
);
CREATE INDEX api_keys_by_organization ON api_keys (organization_id);

CREATE TABLE partners (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    role TEXT NOT NULL CHECK (role IN ('backbone', 'partner', 'observer')),
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'declined', 'left')),
    member_from TEXT,
    member_until TEXT,
    attributes TEXT NOT NULL,
    invited_at BIGINT NOT NULL,
    joined_at BIGINT,
    left_at BIGINT,
    PRIMARY KEY (coalition_id, organization_id)
);

-- The engagement level as a dated history: each level holds from its date until the next.
CREATE TABLE partner_levels (
    coalition_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    starts_on TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('networking', 'cooperating', 'informing', 'collaborating', 'coalition', 'embedded', 'collective_impact')),
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, organization_id, starts_on),
    FOREIGN KEY (coalition_id, organization_id) REFERENCES partners (coalition_id, organization_id)
);

-- An organization's own list of coalitions, keyed by the organization: the one question that crosses coalitions.
CREATE TABLE organization_coalitions (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    PRIMARY KEY (organization_id, coalition_id)
);

-- The shared schema.
CREATE TABLE dimensions (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id SMALLINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    overlapping BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, id),
    UNIQUE (coalition_id, code)
);

CREATE TABLE dimension_codes (
    coalition_id INTEGER NOT NULL,
    dimension_id SMALLINT NOT NULL,
    id SMALLINT NOT NULL CHECK (id > 0),
    code TEXT NOT NULL,
    code_key TEXT NOT NULL,
    name TEXT NOT NULL,
    retired BOOLEAN NOT NULL,
    PRIMARY KEY (coalition_id, dimension_id, id),
    UNIQUE (coalition_id, dimension_id, code_key),
    FOREIGN KEY (coalition_id, dimension_id) REFERENCES dimensions (coalition_id, id)
);

CREATE TABLE measures (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    code_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, id),
    UNIQUE (coalition_id, code_key)
);

CREATE TABLE measure_versions (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, measure_id, version),
    FOREIGN KEY (coalition_id, measure_id) REFERENCES measures (coalition_id, id)
);

-- A cell in use, by its canonical key such as age_group=young_adult. The headline is cell 0 and has no row.
CREATE TABLE cells (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id INTEGER NOT NULL CHECK (id > 0),
    key TEXT NOT NULL,
    PRIMARY KEY (coalition_id, id),
    UNIQUE (coalition_id, key)
);

-- Baselines and targets of a measure at a cell.
CREATE TABLE reference_points (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('baseline', 'target')),
    cell_key TEXT NOT NULL,
    period INTEGER NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, measure_id, kind, cell_key, period),
    FOREIGN KEY (coalition_id, measure_id) REFERENCES measures (coalition_id, id)
);

-- The common agenda.
CREATE TABLE goals (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    code_key TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'adopted', 'retired')),
    statement TEXT NOT NULL,
    population TEXT NOT NULL,
    place TEXT NOT NULL,
    target_date TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, id),
    UNIQUE (coalition_id, code_key)
);

CREATE TABLE goal_measures (
    coalition_id INTEGER NOT NULL,
    goal_id INTEGER NOT NULL,
    position SMALLINT NOT NULL,
    measure_id INTEGER NOT NULL,
    cell_key TEXT NOT NULL,
    headline BOOLEAN NOT NULL,
    PRIMARY KEY (coalition_id, goal_id, position),
    FOREIGN KEY (coalition_id, goal_id) REFERENCES goals (coalition_id, id),
    FOREIGN KEY (coalition_id, measure_id) REFERENCES measures (coalition_id, id)
);

-- Mutually reinforcing activities.
CREATE TABLE activities (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    place TEXT NOT NULL,
    attendance INTEGER,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, id)
);

CREATE TABLE activity_goals (
    coalition_id INTEGER NOT NULL,
    activity_id TEXT NOT NULL,
    goal_id INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, activity_id, goal_id),
    FOREIGN KEY (coalition_id, activity_id) REFERENCES activities (coalition_id, id),
    FOREIGN KEY (coalition_id, goal_id) REFERENCES goals (coalition_id, id)
);

CREATE TABLE activity_measures (
    coalition_id INTEGER NOT NULL,
    activity_id TEXT NOT NULL,
    measure_id INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, activity_id, measure_id),
    FOREIGN KEY (coalition_id, activity_id) REFERENCES activities (coalition_id, id),
    FOREIGN KEY (coalition_id, measure_id) REFERENCES measures (coalition_id, id)
);

CREATE TABLE contributions (
    coalition_id INTEGER NOT NULL,
    activity_id TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    role TEXT NOT NULL CHECK (role IN ('lead', 'host', 'staff', 'mentor', 'expertise', 'equipment', 'funding', 'outreach')),
    PRIMARY KEY (coalition_id, activity_id, organization_id, role),
    FOREIGN KEY (coalition_id, activity_id) REFERENCES activities (coalition_id, id)
);

-- Changesets. A submission's id is the revision of the coalition at which it was applied.
CREATE TABLE submissions (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id BIGINT NOT NULL,
    uuid TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    actor TEXT NOT NULL,
    source TEXT,
    file_name TEXT,
    file_sha256 TEXT NOT NULL,
    receipt TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, id),
    UNIQUE (coalition_id, uuid)
);

-- Submissions that were taken in and are not applied yet, or never will be. Where one is applied, its row goes.
CREATE TABLE imports (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    uuid TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    actor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'rejected', 'failed', 'cancelled')),
    spool TEXT NOT NULL,
    format TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('atomic', 'partial')),
    file_name TEXT,
    file_sha256 TEXT NOT NULL,
    problem TEXT,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, uuid)
);

-- What a submission on behalf of others did to the figures of each of them.
CREATE TABLE submission_organizations (
    coalition_id INTEGER NOT NULL,
    submission_id BIGINT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    received INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, organization_id, submission_id),
    FOREIGN KEY (coalition_id, submission_id) REFERENCES submissions (coalition_id, id)
);
CREATE INDEX submission_organizations_by_submission ON submission_organizations (coalition_id, submission_id);

-- First answers to requests with an Idempotency-Key, kept for a day: written in the transaction of their effect.
CREATE TABLE idempotency_keys (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status SMALLINT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (organization_id, created_at);

-- The figures that hold now. flags: 1 estimated, 2 not applicable, 4 not available; with 2 or 4 there is no value.
CREATE TABLE observations (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    period INTEGER NOT NULL,
    cell_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    value BIGINT,
    flags SMALLINT NOT NULL,
    submission_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    note TEXT,
    PRIMARY KEY (coalition_id, measure_id, period, cell_id, organization_id),
    CHECK ((value IS NULL) = (flags >= 2))
) WITHOUT ROWID;
CREATE INDEX observations_by_organization ON observations (coalition_id, organization_id, measure_id, period, cell_id);

-- What was superseded or withdrawn: it held from recorded_at until superseded_at.
CREATE TABLE observation_history (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    period INTEGER NOT NULL,
    cell_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    recorded_at BIGINT NOT NULL,
    value BIGINT,
    flags SMALLINT NOT NULL,
    submission_id BIGINT NOT NULL,
    note TEXT,
    superseded_at BIGINT NOT NULL,
    superseded_by BIGINT NOT NULL,
    PRIMARY KEY (coalition_id, measure_id, period, cell_id, organization_id, recorded_at)
) WITHOUT ROWID;

-- Live totals over organizations, for the resolved cells of stored periods; changed by exact deltas with every write.
CREATE TABLE rollup (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    period INTEGER NOT NULL,
    cell_id INTEGER NOT NULL,
    sum BIGINT NOT NULL,
    denominator BIGINT NOT NULL,
    contributors INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, measure_id, period, cell_id),
    -- What passes 64 bits would go on as a float.
    CHECK (typeof(sum) = 'integer' AND typeof(denominator) = 'integer')
) WITHOUT ROWID;

-- Who answered, per measure and period: organizations that contributed a value, members that answered
-- not_applicable, contributors that are not expected (outsiders), and all that answered in any way.
CREATE TABLE coverage (
    coalition_id INTEGER NOT NULL,
    measure_id INTEGER NOT NULL,
    period INTEGER NOT NULL,
    contributors INTEGER NOT NULL,
    not_applicable INTEGER NOT NULL,
    outsiders INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, measure_id, period)
) WITHOUT ROWID;

-- What a large coalition looks like: without this, SQLite takes one coalition for ten rows, and reads all of its
-- observations where the index by organization would find a few. Of each index, the rows in all, and those that one
-- value of its first column leaves, of its first two, and so on.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('observations', 'observations', '1000000 100000 10000 1000 100 1'),
    ('observations', 'observations_by_organization', '1000000 100000 100 10 2 1');
