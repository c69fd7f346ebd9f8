//! A zip that is sent while it is written.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::error::{Error, Result};

/// Bytes that are written and not taken yet.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Vec<u8>>>);

/// A zip in the making.
pub struct Archive {
    zip: ZipWriter<StreamWriter<Waiting>>,
    waiting: Waiting,
}

impl Archive {
    /// An empty one.
    pub fn begin() -> Self {
        let waiting = Waiting::default();
        Self {
            zip: ZipWriter::new_stream(waiting.clone()),
            waiting,
        }
    }

    /// Begins a file; what is written from now on is part of it.
    pub fn start(&mut self, path: &str) -> Result<()> {
        // The day that zips give to what has none; files of any size.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true);
        self.zip.start_file(path, options).map_err(Error::internal)
    }

    /// Goes on with the file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes).map_err(Error::internal)
    }

    /// A file whole.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        self.start(path)?;
        self.write(bytes)
    }

    /// What has come to be sent since this was asked last.
    pub fn take(&self) -> Vec<u8> {
        self.waiting.take()
    }

    /// The last of it.
    pub fn end(self) -> Result<Vec<u8>> {
        self.zip.finish().map_err(Error::internal)?;
        Ok(self.waiting.take())
    }
}

impl Waiting {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn its_pieces_are_a_zip() {
        let mut archive = Archive::begin();
        archive.add("a.csv", b"x\n1\n").unwrap();
        let mut bytes = archive.take();
        archive.start("b.csv").unwrap();
        for number in 0..20_000 {
            archive.write(format!("{number}\n").as_bytes()).unwrap();
            bytes.extend(archive.take());
        }
        bytes.extend(archive.end().unwrap());
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("b.csv").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), 20_000);
        assert_eq!(zip.by_name("a.csv").unwrap().size(), 4);
    }
}
