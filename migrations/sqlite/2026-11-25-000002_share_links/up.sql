-- Links by which somebody outside reads what a coalition shows, until they expire or are revoked.
CREATE TABLE share_links (
    coalition_id INTEGER NOT NULL REFERENCES coalitions (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    audience TEXT NOT NULL CHECK (audience IN ('partners', 'public')),
    reach TEXT NOT NULL CHECK (reach IN ('all', 'some')),
    prefix TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    created_by INTEGER NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (coalition_id, id)
);
-- Who follows a link is known by its secret alone.
CREATE INDEX share_links_by_secret ON share_links (secret_hash);

-- The measures of a link that does not reach all of them.
CREATE TABLE share_link_measures (
    coalition_id INTEGER NOT NULL,
    share_link_id TEXT NOT NULL,
    measure_id INTEGER NOT NULL,
    PRIMARY KEY (coalition_id, share_link_id, measure_id),
    FOREIGN KEY (coalition_id, share_link_id) REFERENCES share_links (coalition_id, id),
    FOREIGN KEY (coalition_id, measure_id) REFERENCES measures (coalition_id, id)
);
