//! Writes that wait together: each is durable once answered, and none answers for another's failure.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::time::Duration;

use cairn::clock::Clock;
use cairn::domain::code::Code;
use cairn::error::{Error, Result};
use cairn::store::accounts::Joining;
use cairn::store::organizations::{NewOrganization, register};
use cairn::store::{Db, Purpose, System};

use crate::support::{Database, Template};

const TOGETHER: usize = 64;

fn open(database: &Database) -> Db {
    Db::open(&database.location(), 8, Clock::System).unwrap()
}

fn registration(code: &str) -> NewOrganization {
    NewOrganization {
        code: Code::parse(code).unwrap(),
        name: code.to_owned(),
        admin: Joining::New {
            email: format!("{code}@town.example"),
            name: "Ana".into(),
            password_hash: "none".into(),
        },
    }
}

/// What becomes of a write after it has changed something.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Well,
    Refused,
    Doubtful,
    Panic,
}

fn work(tx: &mut System<'_>, code: &str, ending: Ending) -> Result<()> {
    register(tx, &registration(code))?;
    match ending {
        Ending::Well => Ok(()),
        Ending::Refused => Err(Error::conflict("refused", "a rule was broken")),
        Ending::Doubtful => Err(Error::internal("a test's own trouble")),
        // Past the panic hook, which would fill the test's output.
        Ending::Panic => resume_unwind(Box::new("a test's own panic")),
    }
}

/// Starts all of them at once, behind a write that takes its time so that they have to wait together; answers which
/// were answered well.
fn all_at_once(db: &Db, endings: &[Ending]) -> Vec<bool> {
    actix_web::rt::System::new().block_on(async {
        let slow = db.clone();
        let slow = actix_web::rt::spawn(async move {
            let wait = |_: &mut System<'_>| {
                std::thread::sleep(Duration::from_millis(50));
                Ok(())
            };
            slow.system(Purpose::Register, wait).await
        });
        let tasks: Vec<_> = endings
            .iter()
            .enumerate()
            .map(|(index, ending)| {
                let (db, ending) = (db.clone(), *ending);
                actix_web::rt::spawn(async move {
                    let code = format!("organization-{index}");
                    db.system(Purpose::Register, move |tx| work(tx, &code, ending))
                        .await
                        .is_ok()
                })
            })
            .collect();
        slow.await.unwrap().unwrap();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    })
}

/// The organizations on disk, as a connection of its own sees them.
fn kept(database: &Database) -> BTreeSet<String> {
    let codes = database.connect().texts("SELECT code AS text FROM organizations");
    codes.into_iter().collect()
}

fn expected(endings: &[Ending]) -> BTreeSet<String> {
    let well = endings
        .iter()
        .enumerate()
        .filter(|(_, ending)| **ending == Ending::Well);
    well.map(|(index, _)| format!("organization-{index}")).collect()
}

fn holds(endings: &[Ending]) {
    let database = Template::migrated().copy();
    let db = open(&database);
    let answers = all_at_once(&db, endings);
    let well: Vec<bool> = endings.iter().map(|ending| *ending == Ending::Well).collect();
    assert_eq!(answers, well, "each is answered for itself");
    assert_eq!(
        kept(&database),
        expected(endings),
        "what was answered well is there, and nothing else"
    );
    // The database goes on working.
    let again = all_at_once_after(&db);
    assert!(again);
}

fn all_at_once_after(db: &Db) -> bool {
    let db = db.clone();
    actix_web::rt::System::new().block_on(async move {
        let done = db
            .system(Purpose::Register, |tx| work(tx, "afterwards", Ending::Well))
            .await;
        done.is_ok()
    })
}

#[test]
fn all_are_durable_and_answered() {
    holds(&[Ending::Well; TOGETHER]);
}

#[test]
fn a_refused_write_undoes_only_itself() {
    let mut endings = [Ending::Well; TOGETHER];
    endings[5] = Ending::Refused;
    endings[40] = Ending::Refused;
    holds(&endings);
}

#[test]
fn a_panic_loses_no_neighbour() {
    let mut endings = [Ending::Well; TOGETHER];
    endings[7] = Ending::Panic;
    holds(&endings);
}

#[test]
fn trouble_of_one_write_is_not_its_neighbours() {
    let mut endings = [Ending::Well; TOGETHER];
    for (index, ending) in [
        (3, Ending::Doubtful),
        (4, Ending::Refused),
        (20, Ending::Panic),
        (21, Ending::Doubtful),
    ] {
        endings[index] = ending;
    }
    holds(&endings);
}

#[test]
fn a_panicking_read_leaves_the_database_working() {
    let database = Template::migrated().copy();
    let db = open(&database);
    let reader = db.clone();
    actix_web::rt::System::new().block_on(async move {
        let panicking = |_: &mut System<'_>| -> Result<()> { resume_unwind(Box::new("a test's own panic")) };
        // The second is done on this very thread, where that can be.
        for purpose in [Purpose::Health, Purpose::Authenticate] {
            for _ in 0..10 {
                assert!(reader.system(purpose, panicking).await.is_err());
            }
        }
        reader
            .system(Purpose::Health, cairn::store::health::check)
            .await
            .unwrap();
    });
    assert!(all_at_once_after(&db));
}

/// On PostgreSQL writes wait for each other only where they meet, so both want the same name.
#[test]
fn a_write_that_waits_too_long_is_told_so_and_does_nothing() {
    let database = Template::migrated().copy();
    let db = open(&database);
    let waited = actix_web::rt::System::new().block_on(async {
        let long = db.clone();
        let long = actix_web::rt::spawn(async move {
            let work = |tx: &mut System<'_>| {
                work(tx, "organization-0", Ending::Well)?;
                std::thread::sleep(Duration::from_secs(12));
                Ok(())
            };
            long.system(Purpose::Register, work).await
        });
        actix_web::rt::time::sleep(Duration::from_millis(200)).await;
        let waited = db.system(Purpose::Register, |tx| work(tx, "ORGANIZATION-0", Ending::Well));
        let waited = waited.await;
        long.await.unwrap().unwrap();
        waited
    });
    assert!(matches!(waited, Err(Error::Busy)), "{waited:?}");
    assert_eq!(kept(&database), expected(&[Ending::Well]));
}
