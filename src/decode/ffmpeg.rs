//! The `ffmpeg` program as a child process with pipes.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use command_fds::{CommandFdExt as _, FdMapping};

use super::error::DecodeError;

/// How often a raised cancel flag is looked for while the child works.
const PATIENCE: Duration = Duration::from_millis(20);
/// Of the child's complaints this much is read; the rest is drained and dropped.
const COMPLAINTS: usize = 1 << 16;

/// Where the `ffmpeg` program is. `ffprobe` is taken from beside it, or from the search path if it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    pub program: PathBuf,
}

impl Default for Ffmpeg {
    /// `ffmpeg` on the search path.
    fn default() -> Self {
        Self { program: PathBuf::from("ffmpeg") }
    }
}

impl Ffmpeg {
    /// The program's version as it names it (`5.1.9-0+deb12u1`), or nothing if it does not run.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        version_of(&self.program, "ffmpeg")
    }

    /// The version of the `ffprobe` that belongs to it, or nothing if that does not run.
    #[must_use]
    pub fn probe_version(&self) -> Option<String> {
        version_of(&self.probe(), "ffprobe")
    }

    fn probe(&self) -> PathBuf {
        let name = self.program.file_name().unwrap_or(OsStr::new("ffmpeg")).to_string_lossy();
        let name = if name.contains("ffmpeg") { name.replacen("ffmpeg", "ffprobe", 1) } else { "ffprobe".to_owned() };
        let beside = self.program.with_file_name(&name);
        if beside.is_file() { beside } else { PathBuf::from(name) }
    }
}

fn version_of(program: &Path, name: &str) -> Option<String> {
    let output = Command::new(program).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.strip_prefix(name)?.strip_prefix(" version ")?.split_whitespace().next()?;
    Some(version.to_owned())
}

/// What reads the output of a program.
type Consume<'a> = dyn FnMut(&mut dyn Read) -> Result<(), DecodeError> + 'a;

impl Ffmpeg {
    /// The descriptor of the first pipe of [`Ffmpeg::run_group`] in the child.
    pub(super) const FIRST_PIPE: usize = 3;

    /// Runs the program on `file` and hands its output to `consume`.
    pub(super) fn run(
        &self,
        arguments: &[OsString],
        file: &Path,
        cancel: &AtomicBool,
        consume: &mut Consume<'_>,
    ) -> Result<(), DecodeError> {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        run(command, "ffmpeg", file, cancel, consume)
    }

    /// Runs the `ffprobe` that belongs to it.
    pub(super) fn run_probe(
        &self,
        arguments: &[OsString],
        file: &Path,
        cancel: &AtomicBool,
        consume: &mut Consume<'_>,
    ) -> Result<(), DecodeError> {
        let mut command = Command::new(self.probe());
        command.args(arguments);
        run(command, "ffprobe", file, cancel, consume)
    }

    /// Runs the program with `pipes` as its descriptors from [`Ffmpeg::FIRST_PIPE`] on, and `work` beside it.
    ///
    /// # Errors
    /// Where the program could not be started or did not end well: then what `work` saw is not to be relied on.
    pub(super) fn run_group(
        &self,
        arguments: &[OsString],
        pipes: Vec<io::PipeWriter>,
        cancel: &AtomicBool,
        work: &mut dyn FnMut(),
    ) -> Result<(), DecodeError> {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdout(Stdio::null());
        let number = |at: usize| i32::try_from(Self::FIRST_PIPE + at).unwrap_or(i32::MAX);
        let mappings = pipes.into_iter().enumerate();
        let mappings = mappings.map(|(at, pipe)| FdMapping { parent_fd: pipe.into(), child_fd: number(at) }).collect();
        command.fd_mappings(mappings).map_err(|error| DecodeError::Unreadable(error.to_string()))?;
        let child = start(&mut command, "ffmpeg")?;
        // It holds the pipes' ends for writing: while it does, no reader sees an end.
        drop(command);
        let ended = watch(child, cancel, |_| {
            work();
            Ok(())
        })?;
        ended.check("ffmpeg", Path::new(""))
    }
}

fn start(command: &mut Command, program: &'static str) -> Result<Child, DecodeError> {
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DecodeError::FfmpegMissing { program, codec: "a".to_owned() },
        kind => DecodeError::FfmpegFailed { program, message: format!("it could not be started: {kind}") },
    })
}

/// How a program ended.
struct Ended {
    success: bool,
    text: String,
}

impl Ended {
    fn check(&self, program: &'static str, file: &Path) -> Result<(), DecodeError> {
        // The demuxer of MP4 says so of a file whose end is missing, and may still end as if all were well.
        if !self.success || self.text.contains("partial file") {
            return Err(DecodeError::FfmpegFailed { program, message: last_line(&self.text, file) });
        }
        Ok(())
    }
}

/// Runs the program, hands its output to `consume` and kills it when `cancel` is raised or `consume` fails.
fn run(
    mut command: Command,
    program: &'static str,
    file: &Path,
    cancel: &AtomicBool,
    consume: &mut Consume<'_>,
) -> Result<(), DecodeError> {
    command.stdout(Stdio::piped());
    let mut child = start(&mut command, program)?;
    let Some(mut output) = child.stdout.take() else {
        return Err(DecodeError::FfmpegFailed { program, message: "it has no output".into() });
    };
    let mut consumed = Ok(());
    let ended = watch(child, cancel, |child| {
        consumed = consume(&mut output);
        if consumed.is_err() {
            kill(child);
        }
        drop(output);
        Ok(())
    })?;
    match consumed {
        // A stream that broke off has its reason in the program's own words, if it has any.
        Err(DecodeError::FfmpegFailed { .. }) if !ended.text.trim().is_empty() => {
            Err(DecodeError::FfmpegFailed { program, message: last_line(&ended.text, file) })
        }
        // Before the status: a child that was killed for it has none to speak of.
        Err(error) => Err(error),
        Ok(()) => ended.check(program, file),
    }
}

/// Lets `work` go on beside the child, which is killed when `cancel` is raised.
fn watch(
    mut child: Child,
    cancel: &AtomicBool,
    work: impl FnOnce(&Mutex<Child>) -> Result<(), DecodeError>,
) -> Result<Ended, DecodeError> {
    let complaints = child.stderr.take();
    let child = Mutex::new(child);
    let (done, watched) = mpsc::channel::<()>();
    let (worked, text) = thread::scope(|scope| {
        let child = &child;
        scope.spawn(move || {
            // Ends when the sender is dropped.
            while watched.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                if cancel.load(Ordering::Relaxed) {
                    kill(child);
                    return;
                }
            }
        });
        let complaints = complaints.map(|mut complaints| {
            scope.spawn(move || {
                let mut text = Vec::new();
                // An unreadable pipe only makes the message shorter.
                let _ = complaints.by_ref().take(COMPLAINTS as u64).read_to_end(&mut text);
                let _ = io::copy(&mut complaints, &mut io::sink());
                text
            })
        });
        let worked = work(child);
        let text = complaints.and_then(|complaints| complaints.join().ok()).unwrap_or_default();
        drop(done);
        (worked, text)
    });
    let status = child.into_inner().unwrap_or_else(PoisonError::into_inner).wait()?;
    if cancel.load(Ordering::Relaxed) {
        return Err(DecodeError::Cancelled);
    }
    worked?;
    Ok(Ended { success: status.success(), text: String::from_utf8_lossy(&text).into_owned() })
}

fn kill(child: &Mutex<Child>) {
    // A child that has ended by itself cannot be killed, which is as well.
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

/// The last line of what the program said, without the file's path and without addresses in memory.
fn last_line(text: &str, file: &Path) -> String {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason");
    let path = file.to_string_lossy();
    let mut line = line.replace(&format!("file:{path}"), "");
    if file.is_absolute() {
        line = line.replace(path.as_ref(), "");
    }
    let line = match (line.starts_with('['), line.split_once("] ")) {
        (true, Some((_, said))) => said.to_owned(),
        _ => line,
    };
    line.trim_start_matches([':', ' ']).to_owned()
}
