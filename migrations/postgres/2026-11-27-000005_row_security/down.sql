DO $$
DECLARE
    policy RECORD;
BEGIN
    FOR policy IN SELECT schemaname, tablename, policyname FROM pg_policies WHERE schemaname IN ('public', 'reporting')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I.%I', policy.policyname, policy.schemaname, policy.tablename);
        EXECUTE format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY', policy.schemaname, policy.tablename);
        EXECUTE format('ALTER TABLE %I.%I DISABLE ROW LEVEL SECURITY', policy.schemaname, policy.tablename);
    END LOOP;
END
$$;
DROP SCHEMA tenancy CASCADE;
