-- Row-level security: the database itself keeps tenants apart, whatever a query forgets. Each transaction says whom it
-- works for, in settings that end with it; where they are unset, no table has a row. The functions below read them.
CREATE SCHEMA tenancy;

-- The coalition that the transaction works in.
CREATE FUNCTION tenancy.coalition() RETURNS INTEGER LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('cairn.coalition', true), '')::INTEGER;

-- The organizations that it works for: one, or those whose submissions are applied together.
CREATE FUNCTION tenancy.organizations() RETURNS INTEGER[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('cairn.organizations', true), ''), ',')::INTEGER[];

-- The organizations whose places in all coalitions it reaches: none where it works in one coalition.
CREATE FUNCTION tenancy.organizations_anywhere() RETURNS INTEGER[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN tenancy.coalition() IS NULL THEN tenancy.organizations() END;

-- The account that it works for.
CREATE FUNCTION tenancy.account() RETURNS INTEGER LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('cairn.account', true), '')::INTEGER;

-- Whether it works without a tenant, for one of these purposes.
CREATE FUNCTION tenancy.is_for(VARIADIC purposes TEXT[]) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE(current_setting('cairn.purpose', true) = ANY (purposes), FALSE);

-- Whether it works for anybody at all.
CREATE FUNCTION tenancy.is_set() RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE(current_setting('cairn.coalition', true), '') <> ''
        OR COALESCE(current_setting('cairn.organizations', true), '') <> ''
        OR COALESCE(current_setting('cairn.account', true), '') <> ''
        OR COALESCE(current_setting('cairn.purpose', true), '') <> '';

-- What it knows of others: the code, address, or hash of a secret that was presented to it.
CREATE FUNCTION tenancy.known() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE
    RETURN convert_from(decode(NULLIF(current_setting('cairn.known', true), ''), 'hex'), 'UTF8');

-- The accounts and API keys that are named in rows it has read.
CREATE FUNCTION tenancy.named_accounts() RETURNS INTEGER[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('cairn.named_accounts', true), ''), ',')::INTEGER[];
CREATE FUNCTION tenancy.named_keys() RETURNS TEXT[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('cairn.named_keys', true), ''), ',');

-- Every table, also for its owner. Migrations, which the owner runs, go over all rows.
DO $$
DECLARE
    name TEXT;
    here CONSTANT TEXT := 'coalition_id = NULLIF(current_setting(''cairn.coalition'', true), '''')::INTEGER';
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'organizations', 'accounts', 'memberships', 'sessions', 'refresh_tokens', 'invitations', 'password_resets',
        'second_factors', 'recovery_codes',
        'api_keys', 'signing_keys', 'idempotency_keys', 'organization_coalitions', 'audit_log', 'audit_heads',
        'coalitions', 'coalition_clock', 'partners', 'partner_levels', 'dimensions', 'dimension_codes', 'measures',
        'measure_versions', 'cells', 'reference_points', 'goals', 'goal_measures', 'activities', 'activity_goals',
        'activity_measures', 'contributions', 'submissions', 'submission_organizations', 'imports', 'observations',
        'observation_history', 'rollup', 'coverage', 'share_links', 'share_link_measures', 'reporting.roles']
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_migrations ON %s TO CURRENT_USER '
            'USING (tenancy.is_for(''migrate'')) WITH CHECK (tenancy.is_for(''migrate''))', name);
    END LOOP;

    -- What belongs to a coalition. The expression of tenancy.coalition() stands here itself, because the statements that go
    -- over figures are planned anew each time, and a function would be looked up each time.
    FOREACH name IN ARRAY ARRAY[
        'coalition_clock', 'partners', 'partner_levels', 'dimensions', 'dimension_codes', 'measures', 'measure_versions',
        'cells', 'reference_points', 'goals', 'goal_measures', 'activities', 'activity_goals', 'activity_measures',
        'contributions', 'submissions', 'submission_organizations', 'imports', 'observations', 'observation_history',
        'rollup', 'coverage', 'share_links', 'share_link_measures', 'organization_coalitions']
    LOOP
        EXECUTE format('CREATE POLICY of_coalition ON %1$I USING (%2$s) WITH CHECK (%2$s)', name, here);
    END LOOP;

    -- What belongs to an organization.
    FOREACH name IN ARRAY ARRAY[
        'memberships', 'sessions', 'invitations', 'api_keys', 'idempotency_keys']
    LOOP
        EXECUTE format('CREATE POLICY of_organization ON %I USING (organization_id = ANY (tenancy.organizations())) '
            'WITH CHECK (organization_id = ANY (tenancy.organizations()))', name);
    END LOOP;

    -- What the reporting views read for their owner: the coalition of the role that asks.
    FOREACH name IN ARRAY ARRAY[
        'measures', 'dimensions', 'dimension_codes', 'rollup', 'observations', 'cells', 'reference_points', 'goals',
        'goal_measures']
    LOOP
        EXECUTE format('CREATE POLICY of_reporting ON %I FOR SELECT TO CURRENT_USER USING (coalition_id IN '
            '(SELECT coalition_id FROM reporting.roles WHERE role_name = current_user::text))', name);
    END LOOP;
END
$$;

CREATE POLICY of_reporting ON reporting.roles FOR SELECT USING (role_name = current_user::text);
CREATE POLICY of_reporting ON coalitions FOR SELECT TO CURRENT_USER
    USING (id IN (SELECT coalition_id FROM reporting.roles WHERE role_name = current_user::text));
CREATE POLICY by_purpose ON reporting.roles USING (tenancy.is_for('change_reporting_roles'))
    WITH CHECK (tenancy.is_for('change_reporting_roles'));

-- Coalitions: the one that the transaction is in; where it is in none, those that its organization is, was or is asked to
-- be in; the one whose code it was given, to be started unless it is there.
CREATE POLICY of_coalition ON coalitions USING (id = tenancy.coalition()) WITH CHECK (id = tenancy.coalition());
CREATE POLICY of_organization ON coalitions FOR SELECT USING (id IN (
    SELECT coalition_id FROM organization_coalitions WHERE organization_id = ANY (tenancy.organizations_anywhere())));
CREATE POLICY by_code ON coalitions FOR SELECT USING (code_key = tenancy.known());
CREATE POLICY to_be_started ON coalitions FOR INSERT WITH CHECK (code_key = tenancy.known());
CREATE POLICY by_purpose ON coalitions FOR SELECT
    USING (tenancy.is_for('follow_link', 'resume', 'check', 'audit', 'change_reporting_roles'));

-- An organization that takes another name moves the clocks of its coalitions on.
CREATE POLICY of_organization ON coalition_clock USING (coalition_id IN (
    SELECT coalition_id FROM organization_coalitions WHERE organization_id = ANY (tenancy.organizations_anywhere())))
    WITH CHECK (coalition_id IN (
    SELECT coalition_id FROM organization_coalitions WHERE organization_id = ANY (tenancy.organizations_anywhere())));
CREATE POLICY by_purpose ON coalition_clock FOR SELECT USING (tenancy.is_for('follow_link'));

-- An organization reads its own places in all coalitions.
CREATE POLICY of_organization ON partners FOR SELECT
    USING (organization_id = ANY (tenancy.organizations_anywhere()));
CREATE POLICY of_organization ON organization_coalitions FOR SELECT
    USING (organization_id = ANY (tenancy.organizations_anywhere()));

CREATE POLICY by_purpose ON imports FOR SELECT USING (tenancy.is_for('resume'));
CREATE POLICY by_secret ON share_links FOR SELECT
    USING (secret_hash = tenancy.known() AND tenancy.is_for('follow_link'));
CREATE POLICY by_purpose ON share_link_measures FOR SELECT USING (tenancy.is_for('follow_link'));

-- Organizations: its own; those of the coalition; those of the account; the one whose code it was given, to be made
-- unless it is there.
CREATE POLICY of_organization ON organizations USING (id = ANY (tenancy.organizations()))
    WITH CHECK (id = ANY (tenancy.organizations()));
CREATE POLICY of_coalition ON organizations FOR SELECT
    USING (id IN (SELECT organization_id FROM partners WHERE coalition_id = tenancy.coalition()));
CREATE POLICY of_account ON organizations FOR SELECT
    USING (id IN (SELECT organization_id FROM memberships WHERE account_id = tenancy.account()));
CREATE POLICY by_code ON organizations FOR SELECT USING (code_key = tenancy.known());
CREATE POLICY to_be_made ON organizations FOR INSERT WITH CHECK (code_key = tenancy.known() AND tenancy.is_set());
CREATE POLICY to_be_suspended ON organizations FOR UPDATE
    USING (code_key = tenancy.known() AND tenancy.is_for('suspend'))
    WITH CHECK (code_key = tenancy.known() AND tenancy.is_for('suspend'));
CREATE POLICY by_purpose ON organizations FOR SELECT USING (tenancy.is_for(
    'authenticate', 'follow_link', 'session', 'find_invitation', 'accept_invitation',
    'find_password_reset', 'accept_password_reset', 'resume', 'audit', 'demo'));

-- Accounts: its own; the members of its organization; those that rows name.
CREATE POLICY of_account ON accounts USING (id = tenancy.account()) WITH CHECK (id = tenancy.account());
CREATE POLICY of_organization ON accounts FOR SELECT
    USING (id IN (SELECT account_id FROM memberships WHERE organization_id = ANY (tenancy.organizations())));
CREATE POLICY by_name ON accounts FOR SELECT USING (id = ANY (tenancy.named_accounts()));
CREATE POLICY by_address ON accounts FOR SELECT USING (email_key = tenancy.known()
    AND tenancy.is_for('find_account', 'create_password_reset', 'suspend'));
CREATE POLICY to_be_suspended ON accounts FOR UPDATE
    USING (email_key = tenancy.known() AND tenancy.is_for('suspend'))
    WITH CHECK (email_key = tenancy.known() AND tenancy.is_for('suspend'));
CREATE POLICY by_purpose ON accounts FOR SELECT USING (tenancy.is_for(
    'authenticate', 'session', 'register', 'accept_invitation', 'find_password_reset', 'accept_password_reset'));
CREATE POLICY to_be_made ON accounts FOR INSERT WITH CHECK (tenancy.is_for('register', 'accept_invitation'));
CREATE POLICY to_be_changed ON accounts FOR UPDATE USING (tenancy.is_for('session', 'accept_password_reset'))
    WITH CHECK (tenancy.is_for('session', 'accept_password_reset'));

CREATE POLICY of_account ON memberships USING (account_id = tenancy.account())
    WITH CHECK (account_id = tenancy.account());
CREATE POLICY by_name ON memberships FOR SELECT USING (account_id = ANY (tenancy.named_accounts()));
CREATE POLICY by_purpose ON memberships FOR SELECT USING (tenancy.is_for(
    'authenticate', 'session', 'register', 'accept_invitation', 'find_password_reset', 'accept_password_reset'));
CREATE POLICY to_be_made ON memberships FOR INSERT WITH CHECK (tenancy.is_for('register', 'accept_invitation'));

CREATE POLICY of_account ON sessions USING (account_id = tenancy.account()) WITH CHECK (account_id = tenancy.account());
CREATE POLICY by_purpose ON sessions USING (tenancy.is_for('authenticate', 'session', 'accept_password_reset'))
    WITH CHECK (tenancy.is_for('session', 'accept_password_reset'));

-- A refresh token is seen with its session.
CREATE POLICY of_account ON refresh_tokens
    USING (session_id IN (SELECT id FROM sessions WHERE account_id = tenancy.account()))
    WITH CHECK (session_id IN (SELECT id FROM sessions WHERE account_id = tenancy.account()));
CREATE POLICY by_purpose ON refresh_tokens USING (tenancy.is_for('session')) WITH CHECK (tenancy.is_for('session'));

-- A second factor is asked for and used up with the password.
CREATE POLICY of_account ON second_factors USING (account_id = tenancy.account())
    WITH CHECK (account_id = tenancy.account());
CREATE POLICY by_purpose ON second_factors
    USING (tenancy.is_for('session', 'register', 'accept_invitation', 'create_password_reset'))
    WITH CHECK (tenancy.is_for('session', 'register', 'accept_invitation'));
CREATE POLICY of_account ON recovery_codes USING (account_id = tenancy.account())
    WITH CHECK (account_id = tenancy.account());
CREATE POLICY by_purpose ON recovery_codes
    USING (tenancy.is_for('session', 'register', 'accept_invitation', 'create_password_reset'))
    WITH CHECK (tenancy.is_for('session', 'register', 'accept_invitation'));

-- Invitations are found by their token; the claim of an organization is made by the coalition that brings it in; an
-- account that is erased takes its address out of all of them.
CREATE POLICY by_secret ON invitations
    USING (token_hash = tenancy.known() AND tenancy.is_for('find_invitation', 'accept_invitation'))
    WITH CHECK (token_hash = tenancy.known() AND tenancy.is_for('accept_invitation'));
CREATE POLICY to_be_claimed ON invitations FOR INSERT WITH CHECK (email IS NULL
    AND organization_id IN (SELECT organization_id FROM partners WHERE coalition_id = tenancy.coalition()));
CREATE POLICY of_account ON invitations USING (EXISTS (SELECT FROM accounts
        WHERE id = tenancy.account() AND (invitations.email = accounts.email OR lower(invitations.email) = email_key))
    OR invitations.email = 'erased-' || tenancy.account() || '@erased.invalid')
    WITH CHECK (tenancy.account() IS NOT NULL);

-- An admin takes back what was made for the same account before, be it by the operator.
CREATE POLICY of_organization ON password_resets USING (account_id = ANY (tenancy.named_accounts()))
    WITH CHECK (organization_id = ANY (tenancy.organizations()));
CREATE POLICY of_account ON password_resets USING (account_id = tenancy.account())
    WITH CHECK (account_id = tenancy.account());
CREATE POLICY by_secret ON password_resets
    USING (token_hash = tenancy.known() AND tenancy.is_for('find_password_reset', 'accept_password_reset'))
    WITH CHECK (token_hash = tenancy.known() AND tenancy.is_for('accept_password_reset'));
CREATE POLICY by_purpose ON password_resets USING (tenancy.is_for('create_password_reset'))
    WITH CHECK (tenancy.is_for('create_password_reset'));

CREATE POLICY by_name ON api_keys FOR SELECT USING (id = ANY (tenancy.named_keys()));
CREATE POLICY by_purpose ON api_keys FOR SELECT USING (tenancy.is_for('authenticate'));

CREATE POLICY by_purpose ON signing_keys FOR SELECT USING (tenancy.is_for('read_signing_keys'));
CREATE POLICY to_be_changed ON signing_keys USING (tenancy.is_for('change_signing_keys'))
    WITH CHECK (tenancy.is_for('change_signing_keys'));

-- A chain is read by its own; that of an organization is added to also by a coalition that it has a place in, and that of
-- the installation by everybody. The heads say how long each chain is, and its checksum.
CREATE FUNCTION tenancy.adds_to(coalition_id INTEGER, organization_id INTEGER) RETURNS BOOLEAN
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE(coalition_id = tenancy.coalition() OR organization_id = ANY (tenancy.organizations()), FALSE)
        OR (coalition_id = 0 AND organization_id = 0 AND tenancy.is_set())
        OR (coalition_id = 0 AND EXISTS (SELECT FROM public.partners AS p
            WHERE p.coalition_id = tenancy.coalition() AND p.organization_id = adds_to.organization_id))
        OR tenancy.is_for('register', 'accept_invitation', 'suspend', 'change_reporting_roles');
CREATE POLICY of_coalition ON audit_log FOR SELECT USING (coalition_id = tenancy.coalition());
CREATE POLICY of_organization ON audit_log FOR SELECT
    USING (organization_id = ANY (tenancy.organizations_anywhere()));
CREATE POLICY by_purpose ON audit_log FOR SELECT USING (tenancy.is_for('audit'));
CREATE POLICY to_be_added ON audit_log FOR INSERT WITH CHECK (tenancy.adds_to(coalition_id, organization_id));
CREATE POLICY to_be_added ON audit_heads USING (tenancy.adds_to(coalition_id, organization_id))
    WITH CHECK (tenancy.adds_to(coalition_id, organization_id));
CREATE POLICY by_purpose ON audit_heads FOR SELECT USING (tenancy.is_for('audit'));
