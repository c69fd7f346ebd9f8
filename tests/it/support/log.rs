//! What the service logs at any level while a test listens: of the test's own thread, on which its requests are answered.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing_subscriber::fmt::MakeWriter;

thread_local! {
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Begins to listen.
pub fn listen() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        log.with_ansi(false).with_writer(OfThread).init();
    });
    HEARD.set(Some(Vec::new()));
}

/// Ends it, and answers what was logged.
pub fn heard() -> String {
    let heard = HEARD.take().expect("somebody listened");
    String::from_utf8(heard).expect("the log is UTF-8")
}

struct OfThread;

impl Write for OfThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for OfThread {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
