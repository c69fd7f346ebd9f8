//! Imports: submissions that were taken in to be applied later.

use diesel::prelude::*;
use serde::Serialize;

use super::own::own;
use super::schema::{coalitions, imports, organizations};
use super::submissions::SourceFile;
use super::{Read, System, Write, reach};
use crate::auth::{Coalition, Editor, InCoalition, InOrganization, Partner};
use crate::error::{Error, Result};

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is to be applied.
    Pending,
    /// It was refused; nothing was changed.
    Rejected,
    /// It could not be applied, through no fault of its own; nothing was changed.
    Failed,
    /// It was called off; nothing was changed.
    Cancelled,
}

impl State {
    const ALL: [Self; 4] = [Self::Pending, Self::Rejected, Self::Failed, Self::Cancelled];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("'{text}' is no state of an import")))
    }
}

/// What is needed to apply one, also after the service was started again.
#[derive(Clone, Debug)]
pub struct Import {
    /// The coalition.
    pub coalition_id: i32,
    /// Its id, and that of the submission that it becomes.
    pub uuid: String,
    /// The code of the coalition.
    pub coalition: String,
    /// The code of the organization that sent it.
    pub organization: String,
    /// Who in it, as it is written down.
    pub actor: String,
    /// How it is written.
    pub format: String,
    /// Whether one bad row refuses all.
    pub mode: String,
    /// The file that it came in.
    pub file: SourceFile,
}

/// An import, as it is shown.
#[derive(Clone, Debug)]
pub struct Found {
    /// The code of the organization that sent it.
    pub organization: String,
    /// How far it has come.
    pub state: State,
    /// The file that it came in.
    pub file: SourceFile,
    /// What was wrong, as a problem in JSON.
    pub problem: Option<String>,
    /// When it came in, in microseconds.
    pub received_at: i64,
}

/// Keeps one whose file lies in that spool.
pub fn create(tx: &mut Write<'_, Coalition<Partner, Editor>>, import: &Import, spool: &str) -> Result<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::coalition_id.eq(tx.tenant().id()),
            imports::uuid.eq(&import.uuid),
            imports::organization_id.eq(tx.tenant().organization_id()),
            imports::actor.eq(&import.actor),
            imports::state.eq(State::Pending.as_str()),
            imports::spool.eq(spool),
            imports::format.eq(&import.format),
            imports::mode.eq(&import.mode),
            imports::file_name.eq(import.file.name.as_deref()),
            imports::file_sha256.eq(&import.file.sha256),
            imports::received_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    Ok(())
}

/// Takes away one that has become a submission in this transaction. One that has ended already is not to become one.
pub fn delete(tx: &mut Write<'_, Coalition<Partner, Editor>>, uuid: &str) -> Result<()> {
    let taken = diesel::delete(imports::table.find((tx.tenant().id(), uuid)))
        .filter(imports::state.eq(State::Pending.as_str()))
        .execute(tx.connection)?;
    if taken == 1 { Ok(()) } else { Err(Error::Cancelled) }
}

/// Writes down how one ended, also where who sent it may no longer do so.
pub fn end(tx: &mut System<'_>, import: &Import, state: State, problem: Option<&str>) -> Result<()> {
    reach::enter(tx.connection, import.coalition_id)?;
    diesel::update(imports::table.find((import.coalition_id, import.uuid.as_str())))
        .set((imports::state.eq(state.as_str()), imports::problem.eq(problem)))
        .execute(tx.connection)?;
    Ok(())
}

/// One of those that the organization may see: its own, or for the backbone all.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, uuid: &str) -> Result<Option<Found>> {
    let tenant = tx.tenant();
    let mut query = imports::table
        .inner_join(organizations::table.on(organizations::id.eq(imports::organization_id)))
        .filter(own!(imports::coalition_id, tenant.coalition_id()))
        .filter(imports::uuid.eq(uuid.to_owned()))
        .select((
            organizations::code,
            imports::state,
            imports::file_name,
            imports::file_sha256,
            imports::problem,
            imports::received_at,
        ))
        .into_boxed();
    if !tenant.is_backbone() {
        query = query.filter(imports::organization_id.eq(tenant.organization_id()));
    }
    type Row = (String, String, Option<String>, String, Option<String>, i64);
    let row: Option<Row> = query.first(tx.connection).optional()?;
    row.map(|(organization, state, name, sha256, problem, received_at)| {
        Ok(Found {
            organization,
            state: State::parse(&state)?,
            file: SourceFile { name, sha256 },
            problem,
            received_at,
        })
    })
    .transpose()
}

/// Those that lie in a spool and are to be applied, in the order in which they came.
pub fn pending(tx: &mut System<'_>, spool: &str) -> Result<Vec<Import>> {
    type Row = (
        i32,
        String,
        String,
        String,
        String,
        String,
        String,
        (Option<String>, String),
    );
    let rows: Vec<Row> = imports::table
        .inner_join(organizations::table.on(organizations::id.eq(imports::organization_id)))
        .inner_join(coalitions::table.on(coalitions::id.eq(imports::coalition_id)))
        .filter(imports::spool.eq(spool))
        .filter(imports::state.eq(State::Pending.as_str()))
        .order((imports::received_at, imports::uuid))
        .select((
            imports::coalition_id,
            imports::uuid,
            coalitions::code,
            organizations::code,
            imports::actor,
            imports::format,
            imports::mode,
            (imports::file_name, imports::file_sha256),
        ))
        .load(tx.connection)?;
    let imports = rows.into_iter().map(
        |(coalition_id, uuid, coalition, organization, actor, format, mode, (name, sha256))| Import {
            coalition_id,
            uuid,
            coalition,
            organization,
            actor,
            format,
            mode,
            file: SourceFile { name, sha256 },
        },
    );
    Ok(imports.collect())
}
