//! Reads on a standby: a copy of the database that stays as it was, until the test lets it catch up. Texts that were
//! changed in the copy alone tell who has answered.

use std::time::Duration;

use serde_json::json;

use crate::support::database::is_postgres;
use crate::support::{Client, Coalition, Database, TestApp, run_in_coalition};

const THERE: &str = "as the standby has it";

/// Runs a test on an application that reads from a standby, once that one answers.
fn run_with_standby(test: impl AsyncFnOnce(TestApp, Coalition, Database)) {
    if !is_postgres() {
        return;
    }
    run_in_coalition(async |app, coalition| {
        let standby = app.database().template().copy();
        let marked = format!("UPDATE goals SET statement = '{THERE}'");
        standby.connect().execute(&marked);
        let reading = app.reading_from(&standby).await;
        let coalition = coalition.recorded().played(&reading);
        // Its connections are made behind the requests.
        for _ in 0..500 {
            if is_there(&coalition.partner, &coalition).await {
                return test(reading, coalition, standby).await;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the standby never answered");
    });
}

/// Whether the standby has answered.
async fn is_there(client: &Client, coalition: &Coalition) -> bool {
    let answer = client.get(&coalition.path("/goals")).send().await.expect(200);
    answer.text().contains(THERE)
}

/// Brings the standby's clocks to where the primary's are.
fn catch_up(app: &TestApp, standby: &Database) {
    let query = "SELECT format('UPDATE coalition_clock SET revision = %s, written_at = %s WHERE coalition_id = %s', \
                 revision, written_at, coalition_id) AS text FROM coalition_clock";
    for statement in app.database().connect().texts(query) {
        standby.connect().execute(&statement);
    }
}

#[test]
fn everybody_reads_what_anybody_has_written() {
    run_with_standby(async |app, coalition, standby| {
        let path = coalition.path("/goals");
        for number in 0..10 {
            let goal = json!({"code": format!("goal-{number}"), "statement": "Every teen can get home safely",
                "measures": [{"measure": "VISITS", "headline": true}]});
            coalition.backbone.post(&path, goal).send().await.expect(201);
            for client in [&coalition.backbone, &coalition.partner, &coalition.observer] {
                let goals = client.get(&path).send().await.expect(200);
                assert!(
                    goals.text().contains(&format!("goal-{number}")),
                    "{}",
                    goals.text()
                );
            }
        }
        catch_up(&app, &standby);
        assert!(is_there(&coalition.partner, &coalition).await);
    });
}

#[test]
fn who_may_read_is_asked_of_the_primary() {
    run_with_standby(async |_, coalition, _| {
        let path = coalition.path("/goals");
        coalition.answer(&coalition.second, "leave").await;
        coalition.second.get(&path).send().await.expect(404);
    });
}

#[test]
fn without_the_standby_the_primary_answers() {
    run_with_standby(async |_, coalition, standby| {
        drop(standby);
        for _ in 0..10 {
            assert!(!is_there(&coalition.partner, &coalition).await);
        }
    });
}

#[test]
fn another_history_is_not_read() {
    run_with_standby(async |_, coalition, standby| {
        standby
            .connect()
            .execute("UPDATE coalition_clock SET written_at = written_at + 1");
        assert!(!is_there(&coalition.partner, &coalition).await);
    });
}
