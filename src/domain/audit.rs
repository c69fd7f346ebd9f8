//! The audit log's words, and how its rows are chained. A row names people by their account alone, so that it tells
//! nothing of somebody whose account was erased, and still stands.

use std::fmt;

use super::words::words;
use crate::checksum::sha256;

words! {
    /// What was done.
    Action {
        /// An organization was registered.
        OrganizationCreated = "organization.created",
        /// It was renamed.
        OrganizationUpdated = "organization.updated",
        /// The operator suspended it.
        OrganizationSuspended = "organization.suspended",
        /// The operator let it in again.
        OrganizationReinstated = "organization.reinstated",
        /// Somebody became a member.
        MemberJoined = "member.joined",
        /// A member was given another role.
        MemberUpdated = "member.updated",
        /// A member was removed.
        MemberRemoved = "member.removed",
        /// Somebody was invited into an organization.
        InvitationCreated = "invitation.created",
        /// The invitation was withdrawn.
        InvitationWithdrawn = "invitation.withdrawn",
        /// An API key was made.
        ApiKeyCreated = "api_key.created",
        /// It was revoked.
        ApiKeyRevoked = "api_key.revoked",
        /// A one-time token was made by which an account gets another password.
        PasswordResetCreated = "account.password_reset_created",
        /// An account got another password, and its sessions ended.
        PasswordChanged = "account.password_changed",
        /// Signing in to an account needs a code beside the password from now on.
        SecondFactorEnabled = "account.second_factor_enabled",
        /// It does not any more.
        SecondFactorRemoved = "account.second_factor_removed",
        /// An account got new recovery codes, and the ones before ended.
        RecoveryCodesReplaced = "account.recovery_codes_replaced",
        /// The operator suspended an account.
        AccountSuspended = "account.suspended",
        /// The operator let it in again.
        AccountReinstated = "account.reinstated",
        /// An account was erased by whoever it was.
        AccountErased = "account.erased",
        /// A coalition was started.
        CoalitionCreated = "coalition.created",
        /// Its name, purpose, fiscal year or locked periods were changed.
        CoalitionUpdated = "coalition.updated",
        /// An organization was invited to a coalition.
        PartnerInvited = "partner.invited",
        /// An organization that had nobody to sign in was brought in.
        PartnerBroughtIn = "partner.brought_in",
        /// A partner's role, level, dates or attributes were changed.
        PartnerUpdated = "partner.updated",
        /// A partner was removed, or its invitation withdrawn.
        PartnerRemoved = "partner.removed",
        /// An organization accepted its invitation.
        PartnerAccepted = "partner.accepted",
        /// It declined.
        PartnerDeclined = "partner.declined",
        /// It left.
        PartnerLeft = "partner.left",
        /// A dimension was added.
        DimensionCreated = "dimension.created",
        /// Its name or codes were changed.
        DimensionUpdated = "dimension.updated",
        /// A measure was added.
        MeasureCreated = "measure.created",
        /// It got a new version.
        MeasureUpdated = "measure.updated",
        /// The baselines of a measure were replaced.
        BaselinesReplaced = "baselines.replaced",
        /// Its targets were.
        TargetsReplaced = "targets.replaced",
        /// A goal was set, or proposed.
        GoalCreated = "goal.created",
        /// It was changed or retired.
        GoalUpdated = "goal.updated",
        /// The backbone took up a goal that was proposed.
        GoalAdopted = "goal.adopted",
        /// The backbone reviewed a submission.
        SubmissionReviewed = "submission.reviewed",
        /// A share link was made.
        ShareLinkCreated = "share_link.created",
        /// It was revoked.
        ShareLinkRevoked = "share_link.revoked",
        /// A role of PostgreSQL was made that reads a coalition's figures.
        ReportingGranted = "reporting.granted",
        /// It was taken away.
        ReportingRevoked = "reporting.revoked",
        /// Access tokens are signed with a new key.
        SigningKeyRotated = "signing_key.rotated",
    }
}

/// What a row belongs to: rows of one chain follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// What concerns no tenant.
    Installation,
    /// What concerns an organization.
    Organization(i32),
    /// What concerns a coalition.
    Coalition(i32),
}

impl Chain {
    /// The coalition and the organization as they are written down, 0 for neither.
    pub fn ids(self) -> (i32, i32) {
        match self {
            Self::Installation => (0, 0),
            Self::Organization(id) => (0, id),
            Self::Coalition(id) => (id, 0),
        }
    }

    /// The chain that is written down so.
    pub fn of((coalition_id, organization_id): (i32, i32)) -> Self {
        match (coalition_id, organization_id) {
            (0, 0) => Self::Installation,
            (0, id) => Self::Organization(id),
            (id, _) => Self::Coalition(id),
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation => f.write_str("installation"),
            Self::Organization(id) => write!(f, "organization:{id}"),
            Self::Coalition(id) => write!(f, "coalition:{id}"),
        }
    }
}

/// What the first row of a chain follows.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row, without its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it belongs.
    pub chain: Chain,
    /// Its place there, from 1.
    pub sequence: i64,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// Who: an account, an API key, or the operator.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How, as JSON with its keys in order.
    pub details: String,
}

impl Row {
    /// The SHA-256 of a JSON array without spaces: the checksum of the row before, then every field.
    pub fn checksum(&self, previous: &str) -> String {
        let (coalition, organization) = self.chain.ids();
        let fields = serde_json::json!([
            previous,
            coalition,
            organization,
            self.sequence,
            self.recorded_at,
            self.actor,
            self.action,
            self.subject,
            self.details,
        ]);
        sha256(fields.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            chain: Chain::Coalition(7),
            sequence: 3,
            recorded_at: 1_772_443_800_000_000,
            actor: "account:12".into(),
            action: "measure.created".into(),
            subject: "measure:VISITS".into(),
            details: r#"{"unit":"visits"}"#.into(),
        }
    }

    #[test]
    fn the_checksum_is_that_of_a_json_array() {
        let text = format!(
            r#"["{BEGINNING}",7,0,3,1772443800000000,"account:12","measure.created","measure:VISITS","{{\"unit\":\"visits\"}}"]"#
        );
        assert_eq!(row().checksum(BEGINNING), sha256(text.as_bytes()));
    }

    #[test]
    fn no_field_can_change_or_move_without_it() {
        let known = row().checksum(BEGINNING);
        let change = |change: fn(&mut Row)| {
            let mut changed = row();
            change(&mut changed);
            changed.checksum(BEGINNING)
        };
        let changed = [
            change(|row| row.chain = Chain::Organization(7)),
            change(|row| row.sequence = 4),
            change(|row| row.recorded_at += 1),
            change(|row| row.actor = "account:1".into()),
            change(|row| row.action = "measure.updated".into()),
            change(|row| row.subject.push('2')),
            change(|row| row.details = "{}".into()),
            change(|row| {
                let (actor, action) = (row.actor.clone(), row.action.clone());
                (row.actor, row.action) = (action, actor);
            }),
            row().checksum(&known),
        ];
        assert!(changed.iter().all(|other| *other != known));
        let distinct: std::collections::BTreeSet<_> = changed.iter().collect();
        assert_eq!(distinct.len(), changed.len());
    }

    #[test]
    fn a_chain_is_read_as_it_is_written() {
        for chain in [Chain::Installation, Chain::Organization(4), Chain::Coalition(9)] {
            assert_eq!(Chain::of(chain.ids()), chain);
        }
    }
}
