//! A child process that can be stopped, with everything it started.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

/// A program that is asked to stop gets this long to do so.
const GRACE: Duration = Duration::from_secs(3);
/// The end of a child is looked for at growing intervals, up to this.
const PATIENCE: Duration = Duration::from_millis(20);
/// Lines of each stream kept for a message.
const LAST_LINES: usize = 20;
/// Lines that are read before they are logged.
const LINES_AHEAD: usize = 1024;
/// A longer line is cut.
const LINE: u64 = 1 << 14;

/// How a program ended.
pub(super) enum Ended {
    Exited(ExitStatus),
    TimedOut,
    Cancelled,
}

/// What came of a program.
pub(super) struct Ran {
    pub(super) ended: Ended,
    /// The last lines of its output, then of its errors: the streams are read side by side, and a talkative one would
    /// push the other's last words out.
    pub(super) last_lines: Vec<String>,
}

/// Runs a program to its end, or stops it. Every line it writes goes to `log`.
pub(super) fn run(
    command: &mut Command,
    limit: Option<Duration>,
    cancel: &AtomicBool,
    log: &(dyn Fn(String) + Sync),
) -> io::Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = spawn(command)?;
    let (sender, lines) = mpsc::sync_channel(LINES_AHEAD);
    let stdout = child.stdout.take().map(|stdout| Box::new(stdout) as Box<dyn Read + Send>);
    let stderr = child.stderr.take().map(|stderr| Box::new(stderr) as Box<dyn Read + Send>);
    for (of, stream) in [stdout, stderr].into_iter().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || stream.map(|stream| listen(stream, of, &sender)));
    }
    drop(sender);
    let over = &OnceLock::new();
    let (ended, last_lines) = thread::scope(|scope| {
        let hearing = scope.spawn(move || hear(&lines, over, log));
        let ended = wait(&mut child, limit, cancel);
        // What it left running would hold the pipes open, and could still write.
        signal(&child, true);
        let _ = over.set(Instant::now());
        (ended, hearing.join().unwrap_or_default())
    });
    Ok(Ran { ended: ended?, last_lines: last_lines.into_iter().flatten().collect() })
}

/// Takes lines until both streams are at their end, and returns the last of each. A process that left the program's group
/// holds the streams open as long as it likes: once the program is over it is listened to for a moment only.
fn hear(lines: &Receiver<(usize, String)>, over: &OnceLock<Instant>, log: &dyn Fn(String)) -> [VecDeque<String>; 2] {
    let mut last_lines = [VecDeque::new(), VecDeque::new()];
    while over.get().is_none_or(|over| over.elapsed() < GRACE) {
        match lines.recv_timeout(PATIENCE) {
            Ok((of, line)) => {
                if last_lines[of].len() == LAST_LINES {
                    last_lines[of].pop_front();
                }
                last_lines[of].push_back(line.clone());
                log(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    last_lines
}

/// Starts a program. One that was laid out a moment ago may still be open for writing: a process that another thread starts
/// just then holds every open file until it has become another program.
fn spawn(command: &mut Command) -> io::Result<Child> {
    let begun = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && begun.elapsed() < GRACE => {
                thread::sleep(PATIENCE);
            }
            result => return result,
        }
    }
}

fn wait(child: &mut Child, limit: Option<Duration>, cancel: &AtomicBool) -> io::Result<Ended> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::Exited(status));
        }
        let late = limit.is_some_and(|limit| begun.elapsed() > limit);
        if late || cancel.load(Ordering::Relaxed) {
            stop(child)?;
            return Ok(if late { Ended::TimedOut } else { Ended::Cancelled });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(PATIENCE);
    }
}

fn stop(child: &mut Child) -> io::Result<()> {
    signal(child, false);
    let asked = Instant::now();
    while asked.elapsed() < GRACE {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(PATIENCE);
    }
    signal(child, true);
    child.wait().map(|_| ())
}

/// Tells the child and everything it started to end. That there is nobody left to tell is no error.
#[cfg(unix)]
fn signal(child: &Child, at_once: bool) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let _ = kill_process_group(Pid::from_child(child), if at_once { Signal::KILL } else { Signal::TERM });
}

#[cfg(not(unix))]
fn signal(_child: &Child, _at_once: bool) {}

fn listen(stream: impl Read, of: usize, lines: &SyncSender<(usize, String)>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut stream).take(LINE).read_until(b'\n', &mut line);
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if matches!(read, Ok(0) | Err(_)) || lines.send((of, text)).is_err() {
            return;
        }
    }
}
