//! Several small submissions of one coalition in one transaction: looked at one by one, then compared, written and kept
//! as if they were one, so that a group costs little more than each of them alone would.
//!
//! Each comes out as it would by itself. Those that cannot are left for later, by themselves: where two are about the
//! same slice (organization, measure and period), where there is more to be warned of than is listed, and where an
//! answer to the same request may be kept already.

use std::collections::HashSet;
use std::ops::Range;

use super::inspection::{Inspected, inspect};
use super::material::{Material, Piece};
use super::waiting::Waiting;
use super::{Mode, Submission, Tenant, rejection};
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::domain::submission::Change;
use crate::error::{Error, Result};
use crate::store::changeset::{Changeset, Warning, plan};
use crate::store::idempotency::{self, Answer};
use crate::store::{Read, Together, submissions};

/// What became of each, in their order; `None` is left for later.
pub type Outcomes = Vec<Option<Result<Answer>>>;

/// One that is applied with the others.
struct Member<'w> {
    place: usize,
    waiting: &'w Waiting,
    inspected: Inspected,
    /// Where its changes stand among all.
    changes: Range<usize>,
    /// The place of its first row among all rows.
    first_row: usize,
}

/// Organization, measure and period.
type Slice = (i32, i32, Period);

/// Applies as many as can be applied together, and keeps their receipts.
pub fn apply(tx: &mut Together<'_, Tenant>, group: &[std::sync::Arc<Waiting>]) -> Result<Outcomes> {
    let mut outcomes: Outcomes = group.iter().map(|_| None).collect();
    let (mut members, mut changes) = (Vec::new(), Vec::new());
    gather(tx, group, &mut outcomes, &mut members, &mut changes)?;
    let schema = tx.lead().schema()?;
    let mut changeset = plan(tx.lead(), &schema, &changes)?;
    if changeset.warnings_total > changeset.warnings.len() {
        return Ok(group.iter().map(|_| None).collect());
    }
    let marks: Vec<_> = members
        .iter()
        .map(|member| tx.mark(member.place, member.first_row))
        .collect();
    submissions::carry_out(tx.lead(), schema, &changeset.steps, &marks)?;
    submissions::change_totals(tx.lead(), &changeset.deltas)?;
    changeset.steps.sort_unstable_by_key(|step| step.row);
    let mut kept = Vec::with_capacity(members.len());
    for mut member in members {
        member.add(&changes, &changeset);
        let (receipt, source) = member.inspected.finish(&mut tx.member(member.place))?;
        let receipt = member.waiting.submission.settle(receipt)?;
        let answer = (member.waiting.answer)(&receipt, &member.waiting.tenant)?;
        kept.push((member.place, member.first_row, receipt, source, answer));
    }
    let new: Vec<_> = kept
        .iter()
        .map(|(place, first_row, receipt, source, _)| {
            let (waiting, mark) = (&group[*place], tx.mark(*place, *first_row));
            let submission = &waiting.submission;
            submission.kept(&waiting.tenant, mark, receipt, source.as_deref())
        })
        .collect();
    submissions::create(tx.lead(), &new)?;
    let named = kept.iter().filter_map(|(place, .., answer)| {
        let waiting = &group[*place];
        Some((&waiting.tenant, waiting.keyed.as_ref()?, answer))
    });
    idempotency::keep_all(tx.lead(), &named.collect::<Vec<_>>())?;
    for (place, .., answer) in kept {
        outcomes[place] = Some(Ok(answer));
    }
    Ok(outcomes)
}

/// Looks at each: it is refused, left for later, or joins.
fn gather<'w>(
    tx: &mut Together<'_, Tenant>,
    group: &'w [std::sync::Arc<Waiting>],
    outcomes: &mut Outcomes,
    members: &mut Vec<Member<'w>>,
    changes: &mut Vec<Change>,
) -> Result<()> {
    let (schema, mut taken, mut first_row) = (tx.lead().schema()?, HashSet::<Slice>::new(), 0);
    for (place, waiting) in group.iter().enumerate() {
        let mut member = tx.member(place);
        if let Some(request) = &waiting.keyed
            && idempotency::is_known(&mut member, request)?
        {
            continue;
        }
        let (inspected, own) = match look(&mut member, &schema, &waiting.submission) {
            Ok(found) => found,
            Err(error @ (Error::Database(_) | Error::Internal(_) | Error::Busy | Error::Unknown)) => {
                return Err(error);
            }
            Err(error) => {
                outcomes[place] = Some(Err(error));
                continue;
            }
        };
        if waiting.submission.mode == Mode::Atomic && inspected.tally.counts.rejected > 0 {
            let (receipt, _) = inspected.finish(&mut member)?;
            outcomes[place] = Some(Err(rejection(receipt)));
            continue;
        }
        let slices: HashSet<Slice> = own
            .iter()
            .map(|change| (change.organization_id, change.measure_id, change.period))
            .collect();
        if !taken.is_disjoint(&slices) {
            continue;
        }
        taken.extend(slices);
        let (rows, before) = (inspected.tally.counts.received, changes.len());
        changes.extend(own.into_iter().map(|change| Change {
            row: change.row + first_row,
            ..change
        }));
        members.push(Member {
            place,
            waiting,
            inspected,
            changes: before..changes.len(),
            first_row,
        });
        first_row += rows;
    }
    Ok(())
}

fn look(
    tx: &mut Read<'_, Tenant>,
    schema: &Schema,
    submission: &Submission,
) -> Result<(Inspected, Vec<Change>)> {
    let mut changes = Vec::new();
    let inspected = inspect(schema, tx.tenant(), |desk| {
        submission.material.read(schema, &mut |piece| {
            changes.extend(desk.take(tx, piece)?.into_iter().flatten());
            Ok(())
        })
    })?;
    Ok((inspected, changes))
}

impl Member<'_> {
    /// Takes note of its share in the changeset, whose steps and warnings are in the order of their rows.
    fn add(&mut self, changes: &[Change], changeset: &Changeset) {
        let rows = match &self.waiting.submission.material {
            Material::Collected(pieces) => pieces.iter().find_map(|piece| match piece {
                Piece::Rows(rows) => Some(rows.as_slice()),
                _ => None,
            }),
            Material::Spooled(_) => None,
        };
        let rows = rows.unwrap_or_default();
        let own = self.first_row..self.first_row + rows.len();
        let (steps, warnings) = (&changeset.steps, &changeset.warnings);
        let steps = steps.partition_point(|step| step.row < own.start)
            ..steps.partition_point(|step| step.row < own.end);
        let warnings: Vec<Warning> = warnings
            .iter()
            .filter(|warning| own.contains(&warning.row))
            .map(|warning| Warning {
                row: warning.row - own.start,
                ..warning.clone()
            })
            .collect();
        self.inspected.add(
            rows,
            &changes[self.changes.clone()],
            changeset.steps[steps].iter(),
            (warnings.len(), warnings.into_iter()),
        );
    }
}
