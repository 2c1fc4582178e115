//! The way of the log's lines out of the process, on a thread of its own: a gateway goes on sending
//! when whoever reads its log does not.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How many lines wait for a reader, a few megabytes of them. Those beyond are lost, and counted.
const WAITING: usize = 16 * 1024;

/// Lines on their way out. Dropped, it waits until they are written, but no longer than about a
/// second.
pub(super) struct Waiting {
    lost: ErrorCounter,
    _writes_the_rest: WorkerGuard,
}

/// Of the one log of the process.
static LOG: Mutex<Option<Waiting>> = Mutex::new(None);

/// A writer that never waits for the one below it.
pub(super) fn detached(to: impl io::Write + Send + 'static) -> (NonBlocking, Waiting) {
    let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING).lossy(true);
    let (writer, guard) = builder.thread_name("log").finish(to);
    let lost = writer.error_counter();
    (writer, Waiting { lost, _writes_the_rest: guard })
}

/// Keeps the log of the process open.
pub(super) fn opened(waiting: Waiting) {
    *log() = Some(waiting);
}

/// How many lines of the process's log were lost.
pub(super) fn lost() -> u64 {
    log().as_ref().map_or(0, |waiting| waiting.lost.dropped_lines() as u64)
}

/// Writes what still waits to be written: the last thing before the process ends. Waits no longer than
/// about a second for a reader.
pub fn close_log() {
    let waiting = log().take();
    drop(waiting);
}

fn log() -> MutexGuard<'static, Option<Waiting>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::mpsc;

    use super::*;

    /// A pipe that takes a line only when it is let to, and passes it on.
    struct Pipe {
        lets: mpsc::Receiver<()>,
        out: mpsc::Sender<Vec<u8>>,
    }

    impl io::Write for Pipe {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            // Nobody lets any more: from now on it takes all.
            let _ = self.lets.recv();
            let _ = self.out.send(line.to_vec());
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_stops_nobody_and_what_was_kept_is_written_at_the_end() {
        let (read_on, lets) = mpsc::channel();
        let (out, written) = mpsc::channel();
        let (mut writer, waiting) = detached(Pipe { lets, out });
        for number in 0..WAITING + 100 {
            writer.write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        let lost = waiting.lost.dropped_lines();
        assert!((99..=100).contains(&lost), "one may be on its way out: {lost}");
        drop(read_on);
        drop((writer, waiting));
        let lines: Vec<_> = written.iter().collect();
        assert_eq!(lines.len(), WAITING + 100 - lost);
        assert_eq!((lines[0].as_slice(), lines[1].as_slice()), (&b"0\n"[..], &b"1\n"[..]));
    }
}
