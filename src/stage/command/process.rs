//! A child process that can be stopped, with everything it started.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
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
    let last_lines = [(); 2].map(|()| Mutex::new(VecDeque::new()));
    let heard = |of: usize, line: String| {
        let mut last = last_lines[of].lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line.clone());
        log(line);
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = thread::scope(|scope| {
        scope.spawn(|| stdout.map(|stdout| listen(stdout, &|line| heard(0, line))));
        scope.spawn(|| stderr.map(|stderr| listen(stderr, &|line| heard(1, line))));
        let ended = wait(&mut child, limit, cancel);
        // What it left running would hold the pipes open, and could still write.
        signal(&child, true);
        ended
    })?;
    let last_lines =
        last_lines.into_iter().flat_map(|last| last.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    Ok(Ran { ended, last_lines })
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

fn listen(stream: impl Read, heard: &dyn Fn(String)) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut stream).take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => heard(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()),
        }
    }
}
