//! The package of a coalition: everything in it that the organization may see.

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use tokio::sync::mpsc::{Sender, channel};

use super::columns::{
    self, ACTIVITIES, COALITIONS, DIMENSIONS, GOALS, MEASURES, PARTNERS, REFERENCE_POINTS, SHARE_LINKS,
    SUBMISSIONS,
};
use super::figures::{Figures, Piece};
use super::{Written, package};
use crate::app::App;
use crate::auth::{Coalition, InCoalition, Observer};
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::formats::cube_csv;
use crate::formats::cube_format::CubeAnswer;
use crate::formats::cube_meta::Meta;
use crate::formats::package::archive::Archive;
use crate::formats::package::descriptor;
use crate::formats::package::rows::write;
use crate::formats::package::table::Table;
use crate::formats::table::Shape;
use crate::http::pieces::Pieces;
use crate::http::question::QuestionText;
use crate::http::{activities, coalitions, dimensions, goals, measures, partners};
use crate::http::{reference_points, share_links, submissions};
use crate::store::aggregates::answer;
use crate::store::{self, Db, Read};

type Tx<'t, 'c> = &'t mut Read<'c, Coalition<Observer>>;

/// What a package begins with, and the way through what follows.
struct Begun {
    title: String,
    tables: Vec<Written>,
    figures: Figures,
}

/// `GET …/export`: answers as soon as all but the figures is there.
pub async fn find(coalition: Coalition<Observer>, app: web::Data<App>) -> Result<HttpResponse> {
    let begun = app.db.read(&coalition, begin).await?;
    let name = format!("{}-export", coalition.code());
    let mut response = package(&name);
    let (archive, figures) = at_leisure(move || begun.archive(&name)).await?;
    let first = archive.take();
    let (sender, pieces) = channel(1);
    actix_web::rt::spawn(send_rest(app.db.clone(), coalition, archive, figures, sender));
    Ok(response.streaming(Pieces::begin(first.into(), pieces)))
}

/// Reads on as fast as the answer is taken. One that breaks off shows, since its end is marked.
async fn send_rest(
    db: Db,
    coalition: Coalition<Observer>,
    mut archive: Archive,
    figures: Figures,
    sender: Sender<Result<Bytes>>,
) {
    let mut next = Some(figures);
    while let Some(figures) = next.take() {
        let piece = match db.read(&coalition, move |tx| figures.step(tx)).await {
            Ok(piece) => {
                let packed = at_leisure(move || pack(archive, &piece).map(|archive| (archive, piece.next)));
                packed.await
            }
            Err(error) => Err(error),
        };
        let sent = match piece {
            Ok((packed, rest)) => {
                (archive, next) = (packed, rest);
                sender.send(Ok(archive.take().into())).await
            }
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                let _ = sender.send(Err(error)).await;
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = sender.send(archive.end().map(Bytes::from)).await;
}

fn pack(mut archive: Archive, piece: &Piece) -> Result<Archive> {
    if let Some(path) = &piece.begins {
        archive.start(path)?;
    }
    archive.write(&piece.bytes)?;
    Ok(archive)
}

/// Packs where it keeps nobody waiting.
async fn at_leisure<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    #[expect(clippy::disallowed_methods, reason = "no work on the database")]
    let packed = web::block(work).await;
    packed.map_err(Error::internal)?
}

impl Begun {
    fn archive(self, name: &str) -> Result<(Archive, Figures)> {
        let (mut described, made): (Vec<Table>, Vec<_>) = self.tables.into_iter().unzip();
        let count = described.len();
        described.extend(self.figures.tables());
        let created = rfc3339(self.figures.until());
        let mut archive = Archive::begin();
        archive.add(
            descriptor::PATH,
            &descriptor::write(name, &self.title, &created, &described)?,
        )?;
        for (table, rows) in described[..count].iter().zip(&made) {
            archive.add(&table.path(), rows)?;
        }
        Ok((archive, self.figures))
    }
}

fn begin(tx: Tx<'_, '_>) -> Result<Begun> {
    let coalition = store::coalitions::find(tx)?;
    let title = coalition.name.clone();
    let own = Table::new("coalition", "The coalition", COALITIONS);
    let rows = write(&own, [coalitions::Coalition::from(coalition)])?;
    let mut tables = vec![(own, rows)];
    tables.extend(agenda(tx)?);
    tables.extend(people(tx)?);
    tables.push(aggregates(tx)?);
    Ok(Begun {
        title,
        tables,
        figures: Figures::begin(tx)?,
    })
}

/// The shared schema, and what is wanted by it.
fn agenda(tx: Tx<'_, '_>) -> Result<[Written; 4]> {
    let dimensions = Table::new("dimensions", "The dimensions and their codes", DIMENSIONS);
    let measures = Table::new("measures", "All versions of the measures", MEASURES);
    let goals = Table::new("goals", "The goals", GOALS);
    let points = Table::new("reference_points", "Baselines and targets", REFERENCE_POINTS);
    let rows = [
        write(&dimensions, dimensions::list_all(tx)?)?,
        write(&measures, measures::list_all_versions(tx)?)?,
        write(&goals, goals::list_all(tx)?)?,
        write(&points, reference_points::list_all(tx)?)?,
    ];
    let [a, b, c, d] = rows;
    Ok([(dimensions, a), (measures, b), (goals, c), (points, d)])
}

/// Who takes part, what they do together, and what was sent.
fn people(tx: Tx<'_, '_>) -> Result<Vec<Written>> {
    let partners = Table::new("partners", "The organizations", PARTNERS);
    let activities = Table::new("activities", "What they do together", ACTIVITIES);
    let submissions = Table::new("submissions", "What was submitted, with receipts", SUBMISSIONS);
    let rows = write(&partners, partners::list_all(tx)?)?;
    let mut tables = vec![(partners, rows)];
    let rows = write(&activities, activities::list_all(tx)?)?;
    tables.push((activities, rows));
    let rows = write(&submissions, submissions::list_all(tx)?)?;
    tables.push((submissions, rows));
    if tx.tenant().is_backbone() {
        let links = Table::new(
            "share_links",
            "Links for others, without their secrets",
            SHARE_LINKS,
        );
        let rows = write(&links, share_links::list_all(tx)?)?;
        tables.push((links, rows));
    }
    Ok(tables)
}

/// The headline figures, of all measures that are in use.
fn aggregates(tx: Tx<'_, '_>) -> Result<Written> {
    let (schema, revision) = (tx.schema()?, tx.current_tick()?.revision);
    let question = QuestionText::default().read(&schema)?;
    let cube = answer(tx, &schema, &question, None)?;
    let meta = Meta::of(tx.tenant().code(), revision, &schema, &question, None);
    let table = columns::aggregates(&Shape::of(&schema, &question).columns(&cube));
    let answer = CubeAnswer {
        schema: &schema,
        question: &question,
        cube: &cube,
        meta: &meta,
    };
    Ok((table, cube_csv::FORMAT.render(&answer, false)?))
}
