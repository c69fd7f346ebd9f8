//! Going over the audit log from its beginnings: whether each row is as it was written, none is missing, and each chain
//! still has the end that was written down elsewhere.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::System;
use super::schema::{audit_heads, audit_log, coalitions, organizations};
use crate::domain::audit::{BEGINNING, Chain, Row};
use crate::error::Result;

/// The end of a chain, as it is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The chain.
    pub chain: String,
    /// The code of the organization or coalition, for people; empty for the installation.
    pub code: String,
    /// The place of its last row.
    pub sequence: i64,
    /// That row's checksum.
    pub sha256: String,
}

/// What was gone over, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many chains there are.
    pub chains: usize,
    /// How many rows were gone over.
    pub rows: usize,
    /// A sentence for each thing that is wrong.
    pub faults: Vec<String>,
}

/// Rows that are read at once.
const AT_ONCE: i64 = 1_000;

/// The ends of all chains.
pub fn list_heads(tx: &mut System<'_>) -> Result<Vec<Head>> {
    let heads = heads(tx)?;
    let (organizations, coalitions) = codes(tx)?;
    let code = |chain| match chain {
        Chain::Installation => None,
        Chain::Organization(id) => organizations.get(&id).cloned(),
        Chain::Coalition(id) => coalitions.get(&id).cloned(),
    };
    Ok(heads
        .into_iter()
        .map(|(chain, (sequence, sha256))| Head {
            chain: chain.to_string(),
            code: code(chain).unwrap_or_default(),
            sequence,
            sha256,
        })
        .collect())
}

/// Goes over everything, and holds it against ends that were exported before.
pub fn verify(tx: &mut System<'_>, exported: &[Head]) -> Result<Report> {
    let heads = heads(tx)?;
    let mut report = Report {
        chains: heads.len(),
        ..Report::default()
    };
    for head in exported {
        if heads.keys().all(|chain| chain.to_string() != head.chain) {
            report
                .faults
                .push(format!("{}: the whole chain is gone", head.chain));
        }
    }
    for (chain, head) in &heads {
        let name = chain.to_string();
        let exported = exported.iter().filter(|head| head.chain == name).collect();
        Walk::over(*chain, exported, &mut report).run(tx, head)?;
    }
    for chain in chains(tx)?.into_iter().filter(|chain| !heads.contains_key(chain)) {
        report.faults.push(format!("{chain}: it has rows and no head"));
    }
    Ok(report)
}

/// One chain, row by row.
struct Walk<'a> {
    chain: Chain,
    exported: Vec<&'a Head>,
    report: &'a mut Report,
    sequence: i64,
    sha256: String,
}

impl<'a> Walk<'a> {
    fn over(chain: Chain, exported: Vec<&'a Head>, report: &'a mut Report) -> Self {
        Self {
            chain,
            exported,
            report,
            sequence: 0,
            sha256: BEGINNING.to_owned(),
        }
    }

    fn run(mut self, tx: &mut System<'_>, (sequence, sha256): &(i64, String)) -> Result<()> {
        loop {
            let rows = rows(tx, self.chain, self.sequence)?;
            if rows.is_empty() {
                break;
            }
            rows.into_iter().for_each(|(row, sha256)| self.step(&row, sha256));
        }
        if self.sequence < *sequence {
            let (first, last) = (self.sequence + 1, *sequence);
            self.fault(format!("rows {first} to {last} were cut off its end"));
        } else if self.sequence > *sequence || self.sha256 != *sha256 {
            self.fault("its head is not its last row".into());
        }
        for head in self.exported.clone() {
            if self.sequence < head.sequence {
                let detail = "was exported as its head and is gone, with what led to it";
                self.fault(format!("row {} {detail}", head.sequence));
            }
        }
        Ok(())
    }

    fn step(&mut self, row: &Row, sha256: String) {
        let expected = self.sequence + 1;
        if row.sequence != expected {
            let last = row.sequence - 1;
            self.fault(format!("rows {expected} to {last} were removed"));
        } else if row.checksum(&self.sha256) != sha256 {
            let detail = "is not as it was written, or does not follow the row before it";
            self.fault(format!("row {expected} {detail}"));
        }
        (self.sequence, self.sha256) = (row.sequence, sha256);
        self.report.rows += 1;
        let is_other = |head: &&&Head| head.sequence == self.sequence && head.sha256 != self.sha256;
        if self.exported.iter().any(|head| is_other(&head)) {
            let sequence = self.sequence;
            self.fault(format!(
                "row {sequence} is not the one that was exported as its head"
            ));
        }
    }

    fn fault(&mut self, detail: String) {
        self.report.faults.push(format!("{}: {detail}", self.chain));
    }
}

type Stored = ((i64, i64, String, String, String, String), String);

fn rows(tx: &mut System<'_>, chain: Chain, after: i64) -> Result<Vec<(Row, String)>> {
    use audit_log as l;
    let (coalition_id, organization_id) = chain.ids();
    let rows: Vec<Stored> = l::table
        .filter(l::coalition_id.eq(coalition_id))
        .filter(l::organization_id.eq(organization_id))
        .filter(l::sequence.gt(after))
        .order(l::sequence)
        .limit(AT_ONCE)
        .select((
            (
                l::sequence,
                l::recorded_at,
                l::actor,
                l::action,
                l::subject,
                l::details,
            ),
            l::sha256,
        ))
        .load(tx.connection)?;
    let read = |((sequence, recorded_at, actor, action, subject, details), sha256): Stored| {
        let row = Row {
            chain,
            sequence,
            recorded_at,
            actor,
            action,
            subject,
            details,
        };
        (row, sha256)
    };
    Ok(rows.into_iter().map(read).collect())
}

fn heads(tx: &mut System<'_>) -> Result<BTreeMap<Chain, (i64, String)>> {
    use audit_heads as h;
    let rows: Vec<((i32, i32), (i64, String))> = h::table
        .select(((h::coalition_id, h::organization_id), (h::sequence, h::sha256)))
        .load(tx.connection)?;
    Ok(rows
        .into_iter()
        .map(|(ids, head)| (Chain::of(ids), head))
        .collect())
}

/// The chains that have rows.
fn chains(tx: &mut System<'_>) -> Result<Vec<Chain>> {
    use audit_log as l;
    let rows: Vec<(i32, i32)> = l::table
        .select((l::coalition_id, l::organization_id))
        .distinct()
        .load(tx.connection)?;
    Ok(rows.into_iter().map(Chain::of).collect())
}

type Codes = BTreeMap<i32, String>;

fn codes(tx: &mut System<'_>) -> Result<(Codes, Codes)> {
    let organizations: Vec<(i32, String)> = organizations::table
        .select((organizations::id, organizations::code))
        .load(tx.connection)?;
    let coalitions: Vec<(i32, String)> = coalitions::table
        .select((coalitions::id, coalitions::code))
        .load(tx.connection)?;
    Ok((
        organizations.into_iter().collect(),
        coalitions.into_iter().collect(),
    ))
}
