//! An account's role in an organization, as a value and as types.

/// What an account may do in its organization; each role includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also submits, and writes activities; in a backbone also schema, goals and targets.
    Editor,
    /// Also members, keys, partners, accepting and leaving.
    Admin,
}

impl Role {
    /// The role's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// Reads a role's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

/// At least a viewer.
#[derive(Clone, Copy, Debug)]
pub struct Viewer;
/// At least an editor.
#[derive(Clone, Copy, Debug)]
pub struct Editor;
/// An admin.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

/// A role that a type stands for.
pub trait RoleAtLeast: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The least role.
    const ROLE: Role;
}
/// A role that may write.
pub trait WritingRole: RoleAtLeast {}

impl RoleAtLeast for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl RoleAtLeast for Editor {
    const ROLE: Role = Role::Editor;
}
impl RoleAtLeast for Admin {
    const ROLE: Role = Role::Admin;
}
impl WritingRole for Editor {}
impl WritingRole for Admin {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Viewer {}
    impl Sealed for super::Editor {}
    impl Sealed for super::Admin {}
}
