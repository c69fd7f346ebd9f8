//! Reporting in the database itself: a role sees one coalition's figures, the same as the backbone's in the API, and
//! nothing else. Only PostgreSQL has roles; of SQLite the command says so.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use cairn::store::Location;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use serde_json::{Value, json};

use crate::support::database::is_postgres;
use crate::support::{Coalition, Database, cairn_as_owner, run, run_in_coalition, run_with_cast};

fn reporting(database: &Database, command: &str, coalition: &str) -> Output {
    cairn_as_owner(database, &["reporting", command, "--coalition", coalition])
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A coalition's role, taken away in the end: roles outlive the database.
struct Role<'a> {
    database: &'a Database,
    coalition: String,
    name: String,
}

impl<'a> Role<'a> {
    fn granted(database: &'a Database, coalition: &str) -> Self {
        let output = reporting(database, "grant", coalition);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!((words[0], words[2]), ("role", "password"));
        assert!(words[3].len() > 40 && !words[1].contains(coalition), "{text}");
        Self {
            database,
            coalition: coalition.to_owned(),
            name: words[1].to_owned(),
        }
    }

    fn try_connect(&self) -> diesel::ConnectionResult<PgConnection> {
        let Location::Postgres(url) = self.database.owner() else {
            unreachable!("a PostgreSQL database")
        };
        PgConnection::establish(&url.replace("cairn_test_owner@", &format!("{}@", self.name)))
    }

    fn connect(&self) -> PgConnection {
        self.try_connect().expect("the role may sign in")
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        reporting(self.database, "revoke", &self.coalition);
    }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    row: String,
}

/// The rows of a view as JSON; numbers as they are written.
fn rows(connection: &mut PgConnection, view: &str) -> Vec<Value> {
    let query = format!("SELECT row_to_json(v)::text AS row FROM (SELECT * FROM {view}) AS v");
    let rows: Vec<Row> = sql_query(&query)
        .load(connection)
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.iter()
        .map(|row| serde_json::from_str(&row.row).unwrap())
        .collect()
}

/// Measures of every frequency, aggregation and number of decimals, and figures of several partners.
async fn add_figures(coalition: &Coalition) {
    let periods = [
        ("day", "2024-02-29"),
        ("week", "2020-W53"),
        ("month", "2025-12"),
        ("quarter", "2025-Q4"),
        ("half", "2025-H2"),
        ("year", "1999"),
        ("fiscal_year", "FY2026"),
    ];
    for (number, (frequency, period)) in periods.into_iter().enumerate() {
        for aggregation in ["sum", "mean", "min", "max", "none"] {
            let code = format!("{frequency}-{aggregation}");
            let measure = json!({"code": code, "name": code, "unit": "things", "kind": "number", "decimals": number % 4,
                "aggregation": aggregation, "direction": "up", "frequency": frequency, "dimensions": ["age_group"],
                "nonnegative": false});
            coalition
                .backbone
                .post(&coalition.path("/measures"), measure)
                .send()
                .await
                .expect(201);
            for (client, value) in [(&coalition.partner, -7), (&coalition.second, 4)] {
                let figures = json!([
                    {"measure": code, "period": period, "value": value},
                    {"measure": code, "period": period, "cell": {"age_group": "children"}, "value": value * 2,
                     "estimated": true}]);
                let body = json!({"observations": figures});
                client
                    .post(&coalition.path("/observations"), body)
                    .send()
                    .await
                    .expect(201);
            }
        }
    }
    for (code, above, below, multiplier, decimals) in [
        ("THIRDS", "month-sum", "month-sum", 1, 3),
        ("PERCENT", "year-sum", "year-sum", 100, 1),
        ("RATE", "ATTENDANCE", "PROGRAMS", 1000, 0),
    ] {
        let ratio = json!({"code": code, "name": code, "unit": "rate", "kind": "ratio", "decimals": decimals,
            "direction": "up", "numerator": {"measure": above, "cell": {"age_group": "children"}},
            "denominator": {"measure": below}, "multiplier": multiplier});
        coalition
            .backbone
            .post(&coalition.path("/measures"), ratio)
            .send()
            .await
            .expect(201);
    }
    let large = json!({"observations": [
        {"measure": "VISITS", "period": "1998", "value": 9_007_199_254_740_991_i64}]});
    for client in [&coalition.partner, &coalition.second] {
        client
            .post(&coalition.path("/observations"), large.clone())
            .send()
            .await
            .expect(201);
    }
    coalition
        .backbone
        .post(
            &coalition.path("/measures"),
            json!({"code": "GONE", "name": "Gone", "unit": "x", "kind": "number", "decimals": 0,
                   "aggregation": "sum", "direction": "up", "frequency": "year"}),
        )
        .send()
        .await
        .expect(201);
    coalition
        .backbone
        .patch(&coalition.path("/measures/GONE"), json!({"retired": true}))
        .send()
        .await
        .expect(200);
}

const TOLD: [&str; 10] = [
    "measure",
    "period",
    "period_start",
    "period_end",
    "value",
    "numerator",
    "denominator",
    "unit",
    "contributors",
    "estimated",
];

/// The rows with a contributor by what tells them apart, in the columns that both sides have.
fn told(rows: &[Value], by: Option<&str>) -> BTreeMap<(String, String, String), Value> {
    let told = rows
        .iter()
        .filter(|row| row["contributors"].as_i64() > Some(0))
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let columns: serde_json::Map<String, Value> = TOLD
                .iter()
                .map(|name| {
                    // As numbers: 20.00 is 20.
                    let value = row[name].as_f64().map_or(row[name].clone(), Value::from);
                    ((*name).to_owned(), value)
                })
                .collect();
            let code = by.map_or_else(String::new, &text);
            ((text("measure"), text("period"), code), Value::Object(columns))
        });
    told.collect()
}

#[test]
fn views_tell_what_the_backbone_is_told() {
    if !is_postgres() {
        return;
    }
    run_in_coalition(async |app, coalition| {
        add_figures(&coalition).await;
        let role = Role::granted(app.database(), &coalition.code);
        let mut connection = role.connect();
        let asked = async |query: &str| {
            let path = coalition.path(&format!("/aggregates{query}"));
            coalition.backbone.get(&path).send().await.expect(200).data()
        };
        let (here, there) = (
            told(&rows(&mut connection, "headlines"), None),
            told(&asked("").await, None),
        );
        assert!(here.len() > 36, "{}", here.len());
        assert_eq!(here, there);
        let by_dimension = rows(
            &mut connection,
            "by_dimension WHERE dimension = 'age_group' AND code <> '_'",
        );
        let flat: Vec<Value> = asked("?by=age_group").await;
        let flat: Vec<Value> = flat.into_iter().filter(|row| row["age_group"] != "_").collect();
        assert_eq!(told(&by_dimension, Some("code")), told(&flat, Some("age_group")));
        assert!(by_dimension.len() > 35, "{}", by_dimension.len());
        let cells = rows(&mut connection, "cells");
        assert_eq!(cells.len(), by_dimension.len());
        assert!(
            cells
                .iter()
                .all(|row| row["cell"].as_str().unwrap().starts_with("age_group="))
        );
    });
}

#[test]
fn the_schema_and_the_goals_are_told_too() {
    if !is_postgres() {
        return;
    }
    run_in_coalition(async |app, coalition| {
        let role = Role::granted(app.database(), &coalition.code);
        let mut connection = role.connect();
        let mut read = |view: &str| rows(&mut connection, view);
        assert_eq!(read("coalition")[0]["code"], coalition.code);
        let measures = read("measures ORDER BY code");
        assert_eq!((measures.len(), &measures[0]["code"]), (4, &json!("ATTENDANCE")));
        let ratio = &measures[1];
        assert_eq!(
            (&ratio["kind"], &ratio["decimals"], &ratio["aggregation"]),
            (&json!("ratio"), &json!(2), &Value::Null)
        );
        assert_eq!(read("dimensions").len(), 2);
        assert_eq!(
            read("cell_codes"),
            [json!({"cell": "age_group=young_adult", "dimension": "age_group", "code": "young_adult"})]
        );
        let points = read("reference_points ORDER BY period");
        assert_eq!(
            points[1],
            json!({"measure": "PROGRAMS", "kind": "target", "cell": "age_group=young_adult", "period": "2028",
                   "period_type": "year", "period_start": "2028-01-01", "period_end": "2028-12-31", "value": 600})
        );
        let goals = read("goals ORDER BY code");
        assert_eq!(
            (&goals[1]["code"], &goals[1]["target_date"]),
            (&json!("teens-belong"), &json!("2030-12-31"))
        );
        assert_eq!(
            read("goal_measures"),
            [
                json!({"goal": "teens-belong", "measure": "PROGRAMS", "cell": "age_group=young_adult", "headline": true})
            ]
        );
    });
}

#[test]
fn a_role_sees_its_own_coalition_and_no_table() {
    if !is_postgres() {
        return;
    }
    run_with_cast(async |app, cast| {
        let home = Role::granted(app.database(), &cast.home.code);
        let other = Role::granted(app.database(), &cast.other.code);
        let (mut mine, mut theirs) = (home.connect(), other.connect());
        assert_eq!(rows(&mut mine, "coalition")[0]["code"], cast.home.code);
        assert_eq!(rows(&mut theirs, "coalition")[0]["code"], cast.other.code);
        let codes = |connection: &mut PgConnection, view: &str| {
            let rows = rows(connection, view);
            rows.iter().map(Value::to_string).collect::<String>()
        };
        for view in ["measures", "dimensions", "goals"] {
            assert!(codes(&mut theirs, view).to_lowercase().contains("bay"), "{view}");
            assert!(!codes(&mut mine, view).to_lowercase().contains("bay"), "{view}");
        }
        for view in [
            "headlines",
            "by_dimension",
            "cells",
            "reference_points",
            "goal_measures",
            "cell_codes",
        ] {
            assert!(!rows(&mut mine, view).is_empty(), "{view}");
        }
        // A condition of the reader's own that would tell what it is shown before the view has chosen.
        let probe = "CREATE FUNCTION pg_temp.probe(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS \
            $$ BEGIN IF $1 LIKE 'BAY%' THEN RAISE 'seen'; END IF; RETURN true; END $$";
        mine.batch_execute("SET default_transaction_read_only = off")
            .unwrap();
        mine.batch_execute(probe).unwrap();
        assert!(!rows(&mut mine, "measures WHERE pg_temp.probe(code)").is_empty());

        let tables = app.database().connect().texts(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS text FROM information_schema.tables \
             WHERE table_schema = 'public' OR table_schema || '.' || table_name IN \
             ('reporting.roles', 'reporting.mine', 'reporting.definitions', 'reporting.figures')",
        );
        assert!(
            tables.len() > 30 && tables.contains(&"reporting.roles".to_owned()),
            "{tables:?}"
        );
        for table in tables {
            let error = mine
                .batch_execute(&format!("SELECT * FROM {table}"))
                .unwrap_err()
                .to_string();
            assert!(error.contains("permission denied"), "{table}: {error}");
        }
        for statement in [
            "UPDATE reporting.goals SET statement = 'x'",
            "INSERT INTO reporting.coalition (code) VALUES ('x')",
            "CREATE TABLE reporting.mine_too (x int)",
            "CREATE ROLE somebody",
            &format!("SET ROLE {}", other.name),
        ] {
            let error = mine.batch_execute(statement).unwrap_err().to_string();
            assert!(
                error.contains("permission denied") || error.contains("cannot"),
                "{statement}: {error}"
            );
        }
    });
}

#[test]
fn what_is_revoked_is_gone_at_once() {
    if !is_postgres() {
        return;
    }
    run_in_coalition(async |app, coalition| {
        let role = Role::granted(app.database(), &coalition.code);
        let mut signed_in = role.connect();
        assert_eq!(rows(&mut signed_in, "reporting.coalition").len(), 1);
        let twice = refusal(&reporting(app.database(), "grant", &coalition.code));
        assert!(twice.contains(&role.name) && twice.contains("revoke"), "{twice}");
        let unknown = refusal(&reporting(app.database(), "grant", "nowhere"));
        assert!(unknown.contains("no coalition 'nowhere'"), "{unknown}");
        let output = reporting(app.database(), "revoke", &coalition.code.to_uppercase());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let seen: diesel::QueryResult<Vec<Row>> =
            sql_query("SELECT code AS row FROM reporting.coalition").load(&mut signed_in);
        assert!(seen.is_err() || seen.is_ok_and(|rows| rows.is_empty()));
        assert!(role.try_connect().is_err());
        let again = refusal(&reporting(app.database(), "revoke", &coalition.code));
        assert!(again.contains("no reporting role"), "{again}");
        let anew = Role::granted(app.database(), &coalition.code);
        assert_ne!(anew.name, role.name);
        assert_eq!(rows(&mut anew.connect(), "coalition").len(), 1);
        let mut server = app.database().connect();
        server.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", anew.name));
        let output = reporting(app.database(), "revoke", &coalition.code);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    });
}

#[test]
fn the_command_says_what_the_database_lacks() {
    run(async |app| {
        if !is_postgres() {
            let told = refusal(&reporting(app.database(), "grant", "teens-thrive"));
            assert!(told.contains("needs PostgreSQL"), "{told}");
            return;
        }
        let mut connection = app.database().connect();
        let name = format!("plain_{}", std::process::id());
        connection.execute(&format!(
            "CREATE ROLE {name} LOGIN; GRANT SELECT ON coalitions TO {name}; GRANT USAGE ON SCHEMA reporting TO {name};
             GRANT SELECT, INSERT ON reporting.roles TO {name};
             INSERT INTO coalitions (code, code_key, name, purpose, fiscal_year_start_month, created_at, updated_at)
             VALUES ('a', 'a', 'A', '', 1, 1, 1)"
        ));
        let Location::Postgres(url) = app.database().owner() else {
            unreachable!("a PostgreSQL database")
        };
        let output = Command::new(env!("CARGO_BIN_EXE_cairn"))
            .args(["reporting", "grant", "--coalition", "a", "--database"])
            .arg(url.replace("cairn_test_owner@", &format!("{name}@")))
            .output()
            .unwrap();
        connection.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
        assert!(refusal(&output).contains("CREATEROLE"), "{}", refusal(&output));
    });
}
