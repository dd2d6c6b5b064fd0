//! Trace messages in files: the device that `dbg:trace_port(file, _)` opens as `trace_file_drv`.
//!
//! Each thing that is written becomes a record: a zero byte, its size in 32 bits (big-endian), its
//! bytes. The words behind the driver's name are `n FILE`, or `w SIZE COUNT TIME TAIL n FILE` for a
//! series of files: a number goes into the name at TAIL, 0 to COUNT and then 0 again, a new file is
//! begun when SIZE bytes have been written or, if TIME is not 0, every TIME milliseconds (which is
//! looked at when something is written), and of the series COUNT files stay.

use super::device::{Context, Device, Ready, Reply};
use crate::io::errno;
use crate::sched::Worker;
use crate::term::PortId;
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;

/// A file, or the series of them.
pub struct TraceFile {
    file: BufWriter<File>,
    series: Option<Series>,
}

struct Series {
    /// What comes before the number, and after it.
    name: (Vec<u8>, Vec<u8>),
    /// Bytes of a file, if the series is by size.
    size: u64,
    /// How long a file is written in nanoseconds, if it is by time.
    time: Option<u64>,
    /// Since when the current file counts, in the world's nanoseconds.
    since: u64,
    /// The last number, and how many files stay.
    count: u64,
    written: u64,
    /// Number of the file that is written.
    current: u64,
    /// How many files there are.
    files: u64,
}

impl Series {
    fn path(&self, number: u64) -> Vec<u8> {
        [self.name.0.as_slice(), number.to_string().as_bytes(), &self.name.1].concat()
    }
}

fn create(path: &[u8]) -> std::io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(1 << 16, File::create(OsStr::from_bytes(path))?))
}

fn errno_of(e: &std::io::Error) -> Errno {
    e.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)
}

impl TraceFile {
    /// Opens what the words behind the driver's name say.
    pub fn open(now: u64, words: &[u8]) -> Result<TraceFile, Errno> {
        let mut rest = words.trim_ascii_start();
        let mut series = None;
        if let Some(numbers) = rest.strip_prefix(b"w ") {
            rest = numbers;
            let mut n = [0u64; 4];
            for n in &mut n {
                let end = rest.iter().position(|b| *b == b' ').ok_or(Errno::INVAL)?;
                let text = std::str::from_utf8(&rest[..end]).map_err(|_| Errno::INVAL)?;
                *n = text.parse().map_err(|_| Errno::INVAL)?;
                rest = rest[end..].trim_ascii_start();
            }
            series = Some(n);
        }
        let name = rest.strip_prefix(b"n ").ok_or(Errno::INVAL)?;
        let Some([size, count, time, tail]) = series else {
            let file = create(name).map_err(|e| errno_of(&e))?;
            return Ok(TraceFile { file, series: None });
        };
        if tail as usize >= name.len() {
            return Err(Errno::INVAL);
        }
        let (before, after) = name.split_at(tail as usize);
        let name = (before.to_vec(), after.to_vec());
        let time = time.checked_mul(1_000_000).ok_or(Errno::INVAL)?;
        let time = Some(time).filter(|t| *t != 0);
        let series =
            Series { name, size, time, since: now, count, written: 0, current: 0, files: 1 };
        let file = create(&series.path(0)).map_err(|e| errno_of(&e))?;
        Ok(TraceFile { file, series: Some(series) })
    }

    /// Begins as many new files as are due by time.
    fn on_time(&mut self, now: u64) -> std::io::Result<()> {
        while let Some(s) = &mut self.series
            && let Some(time) = s.time
            && now - s.since >= time
        {
            s.since += time;
            self.begin_next()?;
        }
        Ok(())
    }

    fn write(&mut self, now: u64, data: &[u8]) -> std::io::Result<()> {
        self.on_time(now)?;
        let [a, b, c, d] = (data.len() as u32).to_be_bytes();
        self.file.write_all(&[0, a, b, c, d])?;
        self.file.write_all(data)?;
        let Some(s) = &mut self.series else { return Ok(()) };
        s.written += 5 + data.len() as u64;
        if s.time.is_some() || s.written < s.size {
            return Ok(());
        }
        self.begin_next()
    }

    fn begin_next(&mut self) -> std::io::Result<()> {
        self.file.flush()?;
        let Some(s) = &mut self.series else { return Ok(()) };
        s.written = 0;
        let numbers = s.count + 1;
        if s.files >= s.count {
            let oldest = (s.current + numbers - (s.files - 1) % numbers) % numbers;
            // Somebody else may have done it.
            let _ = std::fs::remove_file(OsStr::from_bytes(&s.path(oldest)));
            s.files -= 1;
        }
        s.current = (s.current + 1) % numbers;
        s.files += 1;
        self.file = create(&s.path(s.current))?;
        Ok(())
    }
}

impl Device for TraceFile {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let now = cx.w.vm.world.now();
        if let Err(e) = self.write(now, &data) {
            cx.fail(errno_of(&e));
        }
    }

    fn ready(&mut self, _: &mut Context<'_>, _: Ready, _: &mut [u8]) {}

    fn control(&mut self, _: &mut Context<'_>, operation: u32, _: &[u8]) -> Option<Reply> {
        if operation != u32::from(b'f') {
            return None;
        }
        Some(Reply::List(match self.file.flush() {
            Ok(()) => vec![0],
            Err(e) => [&[1], errno::name(errno_of(&e)).as_bytes()].concat(),
        }))
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        cx.end();
    }

    fn close(&mut self, w: &mut Worker, _: PortId) {
        // What cannot be written any more is lost.
        let _ = self.on_time(w.vm.world.now()).and_then(|()| self.file.flush());
    }
}
