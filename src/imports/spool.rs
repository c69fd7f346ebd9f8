//! Where large submissions lie until they are applied, and workbooks until they are answered.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix_web::web::Payload;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::checksum::hexadecimal;
use crate::error::{Error, Result};
use crate::http::next_chunk;

/// A body must come at so many bytes a second on average, once it had some time to begin.
const SLOWEST: u64 = 10_000;
const GRACE: Duration = Duration::from_secs(60);

/// A folder, known by an id of its own, so that each service takes up only what it has itself.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    id: String,
}

impl Spool {
    /// Opens the folder, or makes it.
    pub fn open(folder: &Path) -> Result<Self> {
        let unusable = |error| Error::internal(format!("{}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(unusable)?;
        let marker = folder.join("id");
        let id = match fs::read_to_string(&marker) {
            Ok(id) => id,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let id = Uuid::now_v7().to_string();
                let mut file = fs::File::create(&marker).map_err(unusable)?;
                file.write_all(id.as_bytes()).map_err(unusable)?;
                file.sync_all().map_err(unusable)?;
                id
            }
            Err(error) => return Err(unusable(error)),
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            id,
        })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the file of an import lies.
    pub fn path(&self, uuid: &str) -> PathBuf {
        self.folder.join(uuid)
    }

    /// Takes away the files of all imports but these: what broke off while it came in. Other files are not ours.
    pub fn keep_only(&self, uuids: &HashSet<&str>) -> std::io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let is_left_over = name
                .to_str()
                .is_some_and(|name| Uuid::parse_str(name).is_ok() && !uuids.contains(name));
            if is_left_over {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Takes a file away, if it is there.
    pub fn remove(&self, uuid: &str) {
        let _ = fs::remove_file(self.path(uuid));
    }

    /// Writes a body of at most `limit` bytes to a file as it comes in. One that breaks off leaves nothing.
    pub async fn take(&self, uuid: &str, payload: Payload, limit: u64) -> Result<Taken> {
        let mut taken = Taken {
            spool: self.clone(),
            uuid: uuid.to_owned(),
            sha256: String::new(),
            is_kept: false,
        };
        taken.sha256 = self.write(uuid, payload, limit).await?;
        Ok(taken)
    }

    async fn write(&self, uuid: &str, mut payload: Payload, limit: u64) -> Result<String> {
        let mut file = tokio::fs::File::create(self.path(uuid)).await.map_err(full)?;
        let (mut running, mut length, started) = (Sha256::new(), 0, Instant::now());
        while let Some(chunk) = next_chunk(&mut payload).await? {
            length += chunk.len() as u64;
            if length > limit {
                return Err(Error::TooLarge(format!(
                    "the body is larger than {} MB: send it in parts",
                    limit / 1_000_000
                )));
            }
            let time = GRACE + Duration::from_secs(length / SLOWEST);
            if started.elapsed() > time {
                return Err(Error::malformed(
                    "",
                    "too_slow",
                    "the body comes too slowly: send it in parts",
                ));
            }
            running.update(&chunk);
            file.write_all(&chunk).await.map_err(full)?;
        }
        // Tells of writes that failed.
        file.flush().await.map_err(full)?;
        Ok(hexadecimal(&running.finalize()))
    }
}

/// A file that came in whole. It goes when this does, unless it is kept.
pub struct Taken {
    spool: Spool,
    uuid: String,
    sha256: String,
    is_kept: bool,
}

impl Taken {
    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        self.spool.path(&self.uuid)
    }

    /// Sees to it that it is on disk, its name too, which is once its folder is.
    pub async fn sync(&self) -> Result<()> {
        for path in [&self.path(), &self.spool.folder] {
            let file = tokio::fs::File::open(path).await.map_err(full)?;
            file.sync_all().await.map_err(full)?;
        }
        Ok(())
    }

    /// Leaves it where it is.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_kept {
            self.spool.remove(&self.uuid);
        }
    }
}

/// A disk that takes no more is nothing that the sender can help.
fn full(error: std::io::Error) -> Error {
    tracing::error!(%error, "a submission could not be put on disk");
    Error::Busy
}
