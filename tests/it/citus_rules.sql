-- What Citus would refuse, asked of PostgreSQL's own catalogue: the two functions of Citus that `deploy/citus.sql`
-- calls, which note the table instead of moving it.
CREATE TABLE spread (place SERIAL, name REGCLASS PRIMARY KEY, is_reference BOOLEAN NOT NULL);

CREATE FUNCTION note_spread(given REGCLASS, is_reference BOOLEAN) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    broken TEXT;
BEGIN
    SELECT a.attname INTO broken FROM pg_attribute a
    WHERE a.attrelid = given AND a.attidentity <> '' AND a.atttypid <> 'bigint'::regtype;
    IF FOUND THEN RAISE EXCEPTION '%: the identity column % is not BIGINT', given, broken; END IF;
    SELECT c.conname INTO broken FROM pg_constraint c LEFT JOIN spread s ON s.name = c.confrelid
    WHERE c.conrelid = given AND c.contype = 'f' AND c.confrelid <> given AND s.name IS NULL;
    IF FOUND THEN RAISE EXCEPTION '%: % leads to a table that comes later', given, broken; END IF;
    INSERT INTO spread (name, is_reference) VALUES (given, note_spread.is_reference);
END $$;

CREATE FUNCTION create_reference_table(given REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    broken TEXT;
BEGIN
    SELECT c.conname INTO broken FROM pg_constraint c JOIN spread s ON s.name = c.confrelid
    WHERE c.conrelid = given AND c.contype = 'f' AND NOT s.is_reference;
    IF FOUND THEN RAISE EXCEPTION '%: % leads from every worker to one', given, broken; END IF;
    PERFORM note_spread(given, true);
END $$;

CREATE FUNCTION create_distributed_table(given REGCLASS, by_column TEXT, colocate_with TEXT DEFAULT 'default')
RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    by_number SMALLINT;
    broken TEXT;
BEGIN
    SELECT attnum INTO STRICT by_number FROM pg_attribute WHERE attrelid = given AND attname = by_column AND attnotnull;
    SELECT i.indexrelid::regclass::text INTO broken FROM pg_index i
    WHERE i.indrelid = given AND i.indisunique
        AND by_number <> ALL ((i.indkey::smallint[])[0:i.indnkeyatts - 1]);
    IF FOUND THEN RAISE EXCEPTION '%: the unique key % is without %', given, broken, by_column; END IF;
    SELECT c.conname INTO broken FROM pg_constraint c JOIN spread s ON s.name = c.confrelid
    WHERE c.conrelid = given AND c.contype = 'f' AND NOT s.is_reference
        AND NOT EXISTS (
            SELECT FROM unnest(c.conkey, c.confkey) AS pair (here, there)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = pair.there
            WHERE pair.here = by_number AND a.attname = by_column);
    IF FOUND THEN RAISE EXCEPTION '%: % leaves the coalition', given, broken; END IF;
    PERFORM note_spread(given, false);
END $$;
