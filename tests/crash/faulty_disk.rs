//! The disk that can fail: a library in C that the service preloads, which knows what was written and not synced.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// The library, and how its disk fails.
pub struct FaultyDisk {
    library: PathBuf,
    /// Whether it says that it has synced, and has not.
    pub lies: bool,
    /// Whether it fails with an error of the device, in place of being full.
    pub is_broken: bool,
}

impl FaultyDisk {
    /// Compiles it into a folder.
    pub fn build(folder: &Path) -> Outcome<Self> {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/faulty_disk.c");
        let library = folder.join("faulty_disk.so");
        let status = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .args([source, "-ldl", "-lpthread"])
            .status()?;
        match status.success() {
            true => Ok(Self {
                library,
                lies: false,
                is_broken: false,
            }),
            false => Err("the faulty disk does not compile".into()),
        }
    }

    /// What the environment of a service says that has its files below a folder on it.
    pub fn variables(&self, folder: &Path, keeps_some: bool) -> Vec<(&'static str, String)> {
        let either = |is_so: bool, so: &str| if is_so { so.to_owned() } else { String::new() };
        vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAULTY_FOLDER", folder.display().to_string()),
            ("FAULTY_SYNCS", either(self.lies, "lie")),
            ("FAULTY_KEEPS", either(keeps_some, "some")),
            ("FAULTY_ERROR", either(self.is_broken, "io")),
        ]
    }
}
