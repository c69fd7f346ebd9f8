//! What was submitted, to be read from its beginning as often as it takes.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use super::Progress;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::formats::collected::Collected;
use crate::formats::incoming::{Head, Row, Sink};
use crate::formats::submission::Format;

/// Rows that are taken up together.
const PIECE: usize = 20_000;
/// Pieces that may lie read but not yet taken up.
const AHEAD: usize = 1;

/// Rows in memory, or a file of them.
pub enum Material {
    /// Small enough to be in memory.
    Collected(Vec<Piece>),
    /// A file, read in pieces.
    Spooled(Spooled),
}

/// A file.
pub struct Spooled {
    /// Where it lies.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// How far it has come.
    pub progress: Arc<Progress>,
}

/// What is read, in the order in which it stands.
pub enum Piece {
    /// What is known before the rows.
    Head(Head),
    /// Where the figures come from.
    Source(String),
    /// Some rows.
    Rows(Vec<Row>),
}

impl Material {
    /// Hands over everything, piece by piece.
    pub fn read(&self, schema: &Schema, take: &mut dyn FnMut(&Piece) -> Result<()>) -> Result<()> {
        match self {
            Self::Collected(pieces) => pieces.iter().try_for_each(take),
            Self::Spooled(file) => file.read(schema, take),
        }
    }
}

impl From<Spooled> for Material {
    fn from(spooled: Spooled) -> Self {
        Self::Spooled(spooled)
    }
}

impl From<Collected> for Material {
    fn from(collected: Collected) -> Self {
        let mut pieces = vec![Piece::Head(collected.head)];
        pieces.extend(collected.source.map(Piece::Source));
        pieces.push(Piece::Rows(collected.rows));
        Self::Collected(pieces)
    }
}

impl Spooled {
    /// Reads in a thread of its own, a piece ahead of whoever takes them.
    fn read(&self, schema: &Schema, take: &mut dyn FnMut(&Piece) -> Result<()>) -> Result<()> {
        let file = std::fs::File::open(&self.path).map_err(Error::internal)?;
        let mut input = BufReader::with_capacity(256 * 1024, file);
        let format = self.format;
        std::thread::scope(|scope| {
            let (pieces, arriving) = sync_channel(AHEAD);
            let reader = scope.spawn(move || {
                let mut sender = Sender {
                    pieces,
                    rows: Vec::new(),
                };
                format.read(&mut input, schema, &mut sender)?;
                sender.send_rows()
            });
            let mut rows = 0;
            self.progress.begin();
            let taken = arriving.iter().try_for_each(|piece| {
                if self.progress.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                take(&piece)?;
                if let Piece::Rows(taken) = &piece {
                    rows += taken.len() as u64;
                    self.progress.set_rows(rows);
                }
                Ok(())
            });
            drop(arriving);
            let read = reader.join().map_err(|_| Error::internal("a reader panicked"))?;
            taken.and(read)?;
            if self.progress.close() {
                Ok(())
            } else {
                Err(Error::Cancelled)
            }
        })
    }
}

struct Sender {
    pieces: SyncSender<Piece>,
    rows: Vec<Row>,
}

impl Sender {
    fn send(&self, piece: Piece) -> Result<()> {
        self.pieces
            .send(piece)
            .map_err(|_| Error::internal("nobody takes what is read"))
    }

    fn send_rows(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.send(Piece::Rows(rows))
    }
}

impl Sink for Sender {
    fn head(&mut self, head: Head) -> Result<()> {
        self.send(Piece::Head(head))
    }

    fn source(&mut self, source: String) -> Result<()> {
        self.send(Piece::Source(source))
    }

    fn row(&mut self, row: Row) -> Result<()> {
        self.rows.push(row);
        if self.rows.len() == PIECE {
            self.send_rows()?;
        }
        Ok(())
    }
}
