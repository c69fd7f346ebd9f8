-- Spreads a Cairn database over the workers of a Citus cluster, coalition by coalition. Run it once, on the
-- coordinator, as the owner of the tables, after `cairn migrate` and before there is much data:
--
--     psql --single-transaction --file deploy/citus.sql "$DATABASE_URL"
--
-- Then run `cairn migrate --service-role` again, for the sequences below. Row-level security was not tried on a cluster.
--
-- Who there is, and which coalitions, is copied to every worker, since it is small and asked for from everywhere. All
-- that belongs to a coalition lies together on one worker, by `coalition_id`. Each table comes after those that its
-- foreign keys lead to.

-- Citus takes no identity columns narrower than BIGINT; a sequence counts the same.
DO $$
DECLARE
    name TEXT;
    next BIGINT;
BEGIN
    FOREACH name IN ARRAY ARRAY['organizations', 'accounts', 'coalitions'] LOOP
        EXECUTE format('SELECT coalesce(max(id), 0) + 1 FROM %I', name) INTO next;
        EXECUTE format('ALTER TABLE %I ALTER COLUMN id DROP IDENTITY IF EXISTS', name);
        EXECUTE format('CREATE SEQUENCE %I AS INTEGER START %s OWNED BY %I.id', name || '_id_seq', next, name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN id SET DEFAULT nextval(%L::regclass)', name, name || '_id_seq');
    END LOOP;
END $$;

-- Copied to every worker.
SELECT create_reference_table('organizations');
SELECT create_reference_table('accounts');
SELECT create_reference_table('memberships');
SELECT create_reference_table('sessions');
SELECT create_reference_table('refresh_tokens');
SELECT create_reference_table('invitations');
SELECT create_reference_table('signing_keys');
SELECT create_reference_table('idempotency_keys');
SELECT create_reference_table('coalitions');
SELECT create_reference_table('api_keys');
SELECT create_reference_table('organization_coalitions');
SELECT create_reference_table('password_resets');
SELECT create_reference_table('second_factors');
SELECT create_reference_table('recovery_codes');
SELECT create_reference_table('reporting.roles');
-- The chains of the audit log, which are locked and written together with rows of several coalitions.
SELECT create_reference_table('audit_log');
SELECT create_reference_table('audit_heads');

-- A coalition's own.
SELECT create_distributed_table('coalition_clock', 'coalition_id');
SELECT create_distributed_table('partners', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('partner_levels', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('dimensions', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('dimension_codes', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('measures', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('measure_versions', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('cells', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('reference_points', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('goals', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('goal_measures', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('activities', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('activity_goals', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('activity_measures', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('contributions', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('submissions', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('submission_organizations', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('imports', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('observations', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('observation_history', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('rollup', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('coverage', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('share_links', 'coalition_id', colocate_with => 'coalition_clock');
SELECT create_distributed_table('share_link_measures', 'coalition_id', colocate_with => 'coalition_clock');
