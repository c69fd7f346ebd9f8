//! A submission that is answered at once, as it came in: in memory, unless it is a workbook, which is the largest for
//! its rows and is read back and forth. That lies in the spool until it is answered.

use std::fs::File;
use std::io::{BufReader, Cursor};

use actix_web::web::Bytes;
use uuid::Uuid;

use super::Body;
use crate::app::App;
use crate::auth::{Coalition, Editor, Partner};
use crate::checksum::sha256;
use crate::error::{Error, Result};
use crate::formats::collected::Collected;
use crate::formats::incoming::Input;
use crate::formats::submission::Format;
use crate::imports::Taken;
use crate::submit::MOST_ROWS;

/// The largest submission, in bytes.
const LARGEST: u32 = 16 * 1024 * 1024;

/// All of its bytes.
pub struct Arrived {
    content: Content,
    format: Format,
    /// Their SHA-256.
    pub sha256: String,
}

enum Content {
    Memory(Bytes),
    Disk(Taken),
}

impl Arrived {
    /// Takes a body in.
    pub async fn take(app: &App, body: &Body, format: Format) -> Result<Self> {
        if format == Format::Xlsx {
            let uuid = Uuid::now_v7().to_string();
            let taken = app.imports.spool.take(&uuid, body.payload()?, LARGEST.into());
            let taken = taken.await?;
            return Ok(Self {
                sha256: taken.sha256().to_owned(),
                content: Content::Disk(taken),
                format,
            });
        }
        let bytes = body.bytes(LARGEST as usize).await?;
        Ok(Self {
            sha256: sha256(&bytes),
            content: Content::Memory(bytes),
            format,
        })
    }

    /// Reads its rows, if they are no more than are answered at once.
    pub async fn collect(self, app: &App, coalition: &Coalition<Partner, Editor>) -> Result<Collected> {
        if let (Content::Memory(bytes), Some(read)) = (&self.content, self.format.plain_reader()) {
            let mut collected = Collected::up_to(MOST_ROWS);
            read(&mut Cursor::new(bytes), &mut collected)?;
            return Ok(collected);
        }
        let read = app.db.read(coalition, move |tx| {
            let schema = tx.schema()?;
            let mut collected = Collected::up_to(MOST_ROWS);
            self.format
                .read(&mut *self.content.open()?, &schema, &mut collected)?;
            Ok(collected)
        });
        read.await
    }
}

impl Content {
    fn open(&self) -> Result<Box<dyn Input + '_>> {
        match self {
            Self::Memory(bytes) => Ok(Box::new(Cursor::new(bytes))),
            Self::Disk(taken) => {
                let file = File::open(taken.path()).map_err(Error::internal)?;
                Ok(Box::new(BufReader::new(file)))
            }
        }
    }
}
