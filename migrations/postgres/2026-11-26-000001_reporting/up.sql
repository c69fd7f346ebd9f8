-- Views for programs that sign in to the database itself, such as Metabase and Superset. Each of their roles sees one
-- coalition, and of it what the backbone sees in aggregates: nothing is hidden here. `cairn reporting grant` makes a
-- role and lets it read the views that it names; tables and the other views stay closed to it.
CREATE SCHEMA reporting;

-- Which role sees which coalition. No reporting role may read it.
CREATE TABLE reporting.roles (
    role_name TEXT NOT NULL PRIMARY KEY,
    coalition_id INTEGER NOT NULL UNIQUE REFERENCES coalitions (id),
    created_at BIGINT NOT NULL
);

-- The functions find only what PostgreSQL itself brings along, whoever calls them.
-- A period is kind × 2^24 + ordinal; the ordinals count days and weeks from Monday 0001-01-01, months and their
-- multiples from the year 0.
CREATE FUNCTION reporting.period_type(period INTEGER) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT (ARRAY['day', 'week', 'month', 'quarter', 'half', 'year', 'fiscal_year'])[period >> 24]
$$;

CREATE FUNCTION reporting.period_start(period INTEGER, first_month INTEGER) RETURNS DATE
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE period >> 24
        WHEN 1 THEN DATE '0001-01-01' + ordinal - 1
        WHEN 2 THEN DATE '0001-01-01' + ordinal * 7
        ELSE make_date(months / 12, months % 12 + 1, 1)
    END
    FROM (SELECT period & 16777215 AS ordinal) AS o,
        LATERAL (SELECT CASE period >> 24
            WHEN 4 THEN ordinal * 3
            WHEN 5 THEN ordinal * 6
            WHEN 6 THEN ordinal * 12
            WHEN 7 THEN ordinal * 12 - CASE first_month WHEN 1 THEN 0 ELSE 13 - first_month END
            ELSE ordinal
        END AS months) AS m
$$;

CREATE FUNCTION reporting.period_end(period INTEGER, first_month INTEGER) RETURNS DATE
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT (reporting.period_start(period, first_month) + CASE period >> 24
        WHEN 1 THEN INTERVAL '1 day'
        WHEN 2 THEN INTERVAL '7 days'
        WHEN 3 THEN INTERVAL '1 month'
        WHEN 4 THEN INTERVAL '3 months'
        WHEN 5 THEN INTERVAL '6 months'
        ELSE INTERVAL '1 year'
    END)::date - 1
$$;

CREATE FUNCTION reporting.period_name(period INTEGER) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE period >> 24
        WHEN 1 THEN to_char(reporting.period_start(period, 1), 'YYYY-MM-DD')
        WHEN 2 THEN to_char(reporting.period_start(period, 1), 'IYYY-"W"IW')
        WHEN 3 THEN to_char(reporting.period_start(period, 1), 'YYYY-MM')
        WHEN 4 THEN (ordinal / 4) || '-Q' || (ordinal % 4 + 1)
        WHEN 5 THEN (ordinal / 2) || '-H' || (ordinal % 2 + 1)
        WHEN 6 THEN ordinal::text
        ELSE 'FY' || ordinal
    END
    FROM (SELECT period & 16777215 AS ordinal) AS o
$$;

-- Units of ten to the power -decimals, exactly; none beyond 2^53 - 1, as in every answer of Cairn.
CREATE FUNCTION reporting.figure(units NUMERIC, decimals INTEGER) RETURNS NUMERIC
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN abs(units) <= 9007199254740991 THEN units * ('1e-' || decimals)::numeric END
$$;

-- n / d as a whole number, halves away from zero; none where d is zero.
CREATE FUNCTION reporting.divided(n NUMERIC, d NUMERIC) RETURNS NUMERIC
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN d <> 0 THEN sign(n) * sign(d) * div(2 * abs(n) + abs(d), 2 * abs(d)) END
$$;

-- The coalition of whoever asks: every other view begins here.
CREATE VIEW reporting.mine WITH (security_barrier) AS
    SELECT c.id, c.code, c.name, c.purpose, c.fiscal_year_start_month::int AS first_month
    FROM coalitions c JOIN reporting.roles r ON r.coalition_id = c.id
    WHERE r.role_name = current_user::text;

CREATE VIEW reporting.coalition WITH (security_barrier) AS
    SELECT code, name, purpose, first_month AS fiscal_year_start_month FROM reporting.mine;

-- The measures with what their figures depend on.
CREATE VIEW reporting.definitions WITH (security_barrier) AS
    SELECT m.coalition_id, m.id, m.code, mine.first_month, b.body,
        (b.body ->> 'decimals')::int AS decimals,
        b.body -> 'kind' -> 'number' ->> 'aggregation' AS aggregation,
        b.body -> 'kind' -> 'ratio' AS ratio
    FROM reporting.mine
    JOIN measures m ON m.coalition_id = mine.id
    CROSS JOIN LATERAL (SELECT m.body::jsonb AS body) AS b;

CREATE VIEW reporting.measures WITH (security_barrier) AS
    SELECT code, body ->> 'name' AS name, body ->> 'definition' AS definition, body ->> 'unit' AS unit, decimals,
        CASE WHEN ratio IS NULL THEN 'number' ELSE 'ratio' END AS kind, aggregation,
        body -> 'kind' -> 'number' ->> 'accumulation' AS accumulation,
        body ->> 'direction' AS direction, body ->> 'scope' AS scope, body ->> 'frequency' AS frequency,
        (body ->> 'counts_people')::boolean AS counts_people, body ->> 'disclosure' AS disclosure,
        (body ->> 'retired')::boolean AS retired
    FROM reporting.definitions;

CREATE VIEW reporting.dimensions WITH (security_barrier) AS
    SELECT d.code AS dimension, d.name AS dimension_name, d.overlapping, c.code, c.name, c.retired
    FROM reporting.mine
    JOIN dimensions d ON d.coalition_id = mine.id
    JOIN dimension_codes c ON c.coalition_id = d.coalition_id AND c.dimension_id = d.id;

-- The live totals, as the measure has them.
CREATE VIEW reporting.figures WITH (security_barrier) AS
    WITH definition AS MATERIALIZED (
        SELECT d.*, upper.decimals AS numerator_decimals, lower.decimals AS denominator_decimals
        FROM reporting.definitions d
        LEFT JOIN reporting.definitions upper ON upper.id = (d.ratio -> 'numerator' ->> 'measure_id')::int
        LEFT JOIN reporting.definitions lower ON lower.id = (d.ratio -> 'denominator' ->> 'measure_id')::int
        WHERE NOT (d.body ->> 'retired')::boolean
    )
    SELECT r.coalition_id, r.cell_id, d.code AS measure, reporting.period_name(r.period) AS period,
        reporting.period_type(r.period) AS period_type,
        reporting.period_start(r.period, d.first_month) AS period_start,
        reporting.period_end(r.period, d.first_month) AS period_end,
        reporting.figure(CASE
            WHEN d.aggregation = 'sum' THEN r.sum
            WHEN d.aggregation = 'mean' THEN reporting.divided(r.sum, r.contributors)
            WHEN d.aggregation = 'none' THEN CASE WHEN r.contributors = 1 THEN r.sum END
            WHEN d.aggregation IN ('min', 'max') THEN (
                SELECT CASE d.aggregation WHEN 'min' THEN min(o.value) ELSE max(o.value) END
                FROM observations o
                WHERE o.coalition_id = r.coalition_id AND o.measure_id = r.measure_id AND o.period = r.period
                    AND o.cell_id = r.cell_id)
            WHEN sides.numerator IS NOT NULL AND sides.denominator IS NOT NULL THEN reporting.divided(
                r.sum * (d.ratio ->> 'multiplier')::numeric * ('1e' || d.decimals + d.denominator_decimals)::numeric,
                r.denominator * ('1e' || d.numerator_decimals)::numeric)
        END, d.decimals) AS value,
        CASE WHEN sides.denominator IS NOT NULL THEN sides.numerator END AS numerator,
        CASE WHEN sides.numerator IS NOT NULL THEN sides.denominator END AS denominator,
        d.body ->> 'unit' AS unit, r.contributors, r.estimated
    FROM definition d
    JOIN rollup r ON r.coalition_id = d.coalition_id AND r.measure_id = d.id
    CROSS JOIN LATERAL (SELECT
        reporting.figure(r.sum, d.numerator_decimals) AS numerator,
        reporting.figure(r.denominator, d.denominator_decimals) AS denominator) AS sides
    WHERE r.contributors > 0;

CREATE VIEW reporting.headlines WITH (security_barrier) AS
    SELECT measure, period, period_type, period_start, period_end, value, numerator, denominator, unit, contributors,
        estimated
    FROM reporting.figures WHERE cell_id = 0;

-- Every cell but the headline, by its key such as age_group=young_adult,sex=f; what nobody broke down has no row.
CREATE VIEW reporting.cells WITH (security_barrier) AS
    SELECT f.measure, f.period, f.period_type, f.period_start, f.period_end, c.key AS cell, f.value, f.numerator,
        f.denominator, f.unit, f.contributors, f.estimated
    FROM reporting.figures f JOIN cells c ON c.coalition_id = f.coalition_id AND c.id = f.cell_id;

-- The cells of one dimension.
CREATE VIEW reporting.by_dimension WITH (security_barrier) AS
    SELECT measure, period, period_type, period_start, period_end, split_part(cell, '=', 1) AS dimension,
        split_part(cell, '=', 2) AS code, value, numerator, denominator, unit, contributors, estimated
    FROM reporting.cells WHERE position(',' IN cell) = 0;

-- The codes of each cell, to choose cells of several dimensions by.
CREATE VIEW reporting.cell_codes WITH (security_barrier) AS
    SELECT c.key AS cell, split_part(pair, '=', 1) AS dimension, split_part(pair, '=', 2) AS code
    FROM reporting.mine
    JOIN cells c ON c.coalition_id = mine.id
    CROSS JOIN LATERAL unnest(string_to_array(c.key, ',')) AS pair;

-- Baselines and targets.
CREATE VIEW reporting.reference_points WITH (security_barrier) AS
    SELECT d.code AS measure, p.kind, p.cell_key AS cell, reporting.period_name(p.period) AS period,
        reporting.period_type(p.period) AS period_type,
        reporting.period_start(p.period, d.first_month) AS period_start,
        reporting.period_end(p.period, d.first_month) AS period_end,
        reporting.figure(p.value, d.decimals) AS value
    FROM reporting.definitions d
    JOIN reference_points p ON p.coalition_id = d.coalition_id AND p.measure_id = d.id;

CREATE VIEW reporting.goals WITH (security_barrier) AS
    SELECT g.code, g.state, g.statement, g.population, g.place, g.target_date::date AS target_date
    FROM reporting.mine JOIN goals g ON g.coalition_id = mine.id;

CREATE VIEW reporting.goal_measures WITH (security_barrier) AS
    SELECT g.code AS goal, d.code AS measure, gm.cell_key AS cell, gm.headline
    FROM reporting.definitions d
    JOIN goal_measures gm ON gm.coalition_id = d.coalition_id AND gm.measure_id = d.id
    JOIN goals g ON g.coalition_id = gm.coalition_id AND g.id = gm.goal_id;
