//! What may be asked of the database without a tenant, as a closed list.

/// Why a piece of work has no tenant. Each is used in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Finding out who is calling: `auth/caller.rs`.
    Authenticate,
    /// Finding what a share link shows: `auth/share_link.rs`.
    FollowLink,
    /// A new organization with its first admin: `http/organizations.rs`.
    Register,
    /// Looking up an account by its address: `auth/sign_in.rs`.
    FindAccount,
    /// Opening and renewing sessions: `http/sessions.rs`.
    Session,
    /// Reading an invitation by its token: `http/invitations.rs`.
    FindInvitation,
    /// Accepting one: `http/invitations.rs`.
    AcceptInvitation,
    /// Making a password reset at the command line: `cli/account.rs`.
    CreatePasswordReset,
    /// Suspending an account or an organization at the command line, or lifting that: `cli/suspension.rs`.
    Suspend,
    /// Reading a password reset by its token: `http/password_resets.rs`.
    FindPasswordReset,
    /// Setting the new password: `http/password_resets.rs`.
    AcceptPasswordReset,
    /// Reading the keys that sign tokens: `auth/signing_keys.rs`.
    ReadSigningKeys,
    /// Making or retiring one: `cli/keys.rs`.
    ChangeSigningKeys,
    /// Settling an instant that somebody who may read asks about: `http/aggregates.rs`.
    SettleInstant,
    /// Whether the database answers: `http/operation.rs`.
    Health,
    /// Making or taking away a role for reporting: `cli/reporting.rs`.
    ChangeReportingRoles,
    /// Recomputing everything: `cli/check.rs`.
    Check,
    /// Going over the audit log: `cli/audit.rs`.
    Audit,
    /// Finding the organization that a record names: `auth/coalition.rs`.
    FindOrganization,
    /// Listing the imports that were not ended, when the service starts: `imports/mod.rs`.
    Resume,
    /// Writing down that an import will not be applied: `imports/worker.rs`.
    EndImport,
    /// Whether a database is the demo's, and how far it is loaded: `cli/demo.rs`.
    Demo,
}

impl Purpose {
    /// Its name, by which row-level security knows what it may reach.
    pub(in crate::store) fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::FollowLink => "follow_link",
            Self::Register => "register",
            Self::FindAccount => "find_account",
            Self::Session => "session",
            Self::FindInvitation => "find_invitation",
            Self::AcceptInvitation => "accept_invitation",
            Self::CreatePasswordReset => "create_password_reset",
            Self::Suspend => "suspend",
            Self::FindPasswordReset => "find_password_reset",
            Self::AcceptPasswordReset => "accept_password_reset",
            Self::ReadSigningKeys => "read_signing_keys",
            Self::ChangeSigningKeys => "change_signing_keys",
            Self::SettleInstant => "settle_instant",
            Self::Health => "health",
            Self::ChangeReportingRoles => "change_reporting_roles",
            Self::Check => "check",
            Self::Audit => "audit",
            Self::FindOrganization => "find_organization",
            Self::Resume => "resume",
            Self::EndImport => "end_import",
            Self::Demo => "demo",
        }
    }

    /// Whether the work may take minutes, since nobody waits for it who has not asked for that.
    pub(in crate::store) fn is_patient(self) -> bool {
        matches!(self, Self::Check)
    }

    /// Whether the work reads no more than a few rows, each by its key.
    pub(in crate::store) fn is_brief(self) -> bool {
        matches!(self, Self::Authenticate | Self::FollowLink)
    }

    /// Whether the work changes anything; if not, it runs read-only.
    pub(in crate::store) fn writes(self) -> bool {
        match self {
            Self::Register
            | Self::Session
            | Self::AcceptInvitation
            | Self::CreatePasswordReset
            | Self::AcceptPasswordReset
            | Self::Suspend
            | Self::ChangeSigningKeys
            | Self::ChangeReportingRoles
            | Self::SettleInstant
            | Self::EndImport => true,
            Self::Authenticate
            | Self::FollowLink
            | Self::FindAccount
            | Self::FindInvitation
            | Self::FindPasswordReset
            | Self::ReadSigningKeys
            | Self::Health
            | Self::Check
            | Self::Audit
            | Self::FindOrganization
            | Self::Resume
            | Self::Demo => false,
        }
    }
}
