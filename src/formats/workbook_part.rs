//! A part of a workbook while it expands: how much of it there is, and no more than may be.

use std::io::{BufRead, Error, Read, Result};

/// A part that is read on until it has too much of something.
#[derive(Debug)]
pub struct Part<R> {
    inner: R,
    size: u64,
    /// The most that all of it expands to, and what it is when it is more.
    most: (u64, &'static str),
    /// How long the tag or text is that is read just now, and may be.
    piece: usize,
    longest: usize,
    excess: Option<&'static str>,
    /// What kept it from being expanded: a second attempt must not pass for its end.
    fault: Option<String>,
}

impl<R: BufRead> Part<R> {
    /// A part with the most bytes that it may have, what is said of it if it has more, and the most of one tag or text.
    pub fn new(inner: R, most: (u64, &'static str), longest: usize) -> Self {
        Self {
            inner,
            size: 0,
            most,
            piece: 0,
            longest,
            excess: None,
            fault: None,
        }
    }

    /// What comes now is another tag or text.
    pub fn begin_piece(&mut self) {
        self.piece = 0;
    }

    /// What it has too much of, if it has.
    pub fn excess(&self) -> Option<&'static str> {
        self.excess
    }

    /// Reads on to its end. Answers its size.
    pub fn finish(&mut self) -> Result<u64> {
        loop {
            self.begin_piece();
            let length = self.fill_buf()?.len();
            if length == 0 {
                return Ok(self.size);
            }
            self.consume(length);
        }
    }
}

impl<R: BufRead> BufRead for Part<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.size > self.most.0 {
            self.excess = Some(self.most.1);
        } else if self.piece > self.longest {
            self.excess = Some("has a cell or a tag of more than 256 KB");
        }
        if let Some(excess) = self.excess {
            return Err(Error::other(excess));
        }
        if self.fault.is_none() {
            self.fault = self.inner.fill_buf().err().map(|error| error.to_string());
        }
        match &self.fault {
            Some(fault) => Err(Error::other(fault.clone())),
            None => self.inner.fill_buf(),
        }
    }

    fn consume(&mut self, length: usize) {
        self.inner.consume(length);
        self.size += length as u64;
        self.piece += length;
    }
}

impl<R: BufRead> Read for Part<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
