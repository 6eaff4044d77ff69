//! Child processes that cannot outlive us or outgrow their limits.
//!
//! Every child is started as `skylark cage <limits> -- program arguments`: this same binary, which sets the limits on
//! itself with safe calls and then becomes the program. On Linux the kernel ends it when the thread that spawned it
//! ends, so spawning is left to one long-lived thread; elsewhere a second process watches the parent for it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::mpsc;

use clap::Args;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// Limits of one child, as flags of `skylark cage`.
#[derive(Debug, Clone, Default, Args)]
pub struct Limits {
    /// Bytes of address space.
    #[arg(long)]
    pub memory: Option<u64>,
    /// Seconds of processor time.
    #[arg(long)]
    pub cpu: Option<u64>,
    /// Bytes of the largest file it may write.
    #[arg(long)]
    pub file_size: Option<u64>,
    /// How far it stands back behind other processes, up to 19.
    #[arg(long)]
    pub nice: Option<i32>,
    /// The process that must be alive.
    #[arg(long)]
    pub(crate) parent: Option<i32>,
}

/// The command line of `skylark cage`.
#[derive(Debug, Args)]
pub struct CageArgs {
    #[command(flatten)]
    limits: Limits,
    /// Instead of running a program: end this process when the parent is gone.
    #[arg(long)]
    watch: Option<i32>,
    /// The program and its arguments.
    #[arg(last = true, required_unless_present = "watch")]
    program: Vec<OsString>,
}

/// Builds the command that runs `program` in a cage, with an empty environment. `skylark` is the cage's own binary.
pub fn command(skylark: &Path, limits: &Limits, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(skylark);
    command.arg("cage").arg("--parent").arg(std::process::id().to_string());
    for (flag, value) in [("--memory", limits.memory), ("--cpu", limits.cpu), ("--file-size", limits.file_size)] {
        if let Some(value) = value {
            command.arg(flag).arg(value.to_string());
        }
    }
    if let Some(nice) = limits.nice {
        command.arg("--nice").arg(nice.to_string());
    }
    command.arg("--").arg(program).env_clear().kill_on_drop(true);
    command
}

/// The path of the running `skylark` binary.
pub fn own_binary() -> io::Result<PathBuf> {
    std::env::current_exe()
}

type Job = (Command, tokio::runtime::Handle, oneshot::Sender<io::Result<Child>>);

/// Spawns from a thread that lives as long as the process.
pub async fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, runtime, answer) in jobs {
                let _entered = runtime.enter();
                // The receiver is gone only when the caller was cancelled; dropping the child then ends it.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, spawned) = oneshot::channel();
    spawner
        .send((command, tokio::runtime::Handle::current(), answer))
        .map_err(|_| io::Error::other("the spawning thread has ended"))?;
    spawned.await.map_err(|_| io::Error::other("the spawning thread has ended"))?
}

/// `skylark cage`: limits this process and becomes the program.
pub fn run(args: CageArgs) -> ExitCode {
    let error = match enter(&args) {
        Ok(code) => return code,
        Err(error) => error,
    };
    tracing::error!(program = ?args.program.first(), %error, "cannot start");
    ExitCode::from(127)
}

fn enter(args: &CageArgs) -> io::Result<ExitCode> {
    if let Some(program) = args.watch {
        return watch(program, args.limits.parent.unwrap_or_default());
    }
    use rustix::process::{Resource, Rlimit, setrlimit, setsid};
    // Fails only where the cage leads its group already, which is as good.
    let _ = setsid();
    let limit = |resource, value: Option<u64>| match value {
        Some(value) => setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }),
        None => Ok(()),
    };
    limit(Resource::As, args.limits.memory)?;
    limit(Resource::Cpu, args.limits.cpu)?;
    limit(Resource::Fsize, args.limits.file_size)?;
    if let Some(nice) = args.limits.nice {
        rustix::process::nice(nice)?;
    }
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    become_program(args)
}

#[cfg(target_os = "linux")]
fn become_program(args: &CageArgs) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get());
    if args.limits.parent.is_some() && parent != args.limits.parent {
        return Err(io::Error::other("the parent is gone"));
    }
    Err(std::process::Command::new(&args.program[0]).args(&args.program[1..]).exec())
}

/// Starts a watcher and becomes the program, so that the program's process is the one that was spawned and killed.
#[cfg(not(target_os = "linux"))]
fn become_program(args: &CageArgs) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    if let Some(parent) = args.limits.parent {
        Command::new(own_binary()?)
            .args(["cage", "--watch", &std::process::id().to_string(), "--parent", &parent.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
    }
    Err(Command::new(&args.program[0]).args(&args.program[1..]).exec())
}

/// Ends `program` when `parent` is gone; ends with it otherwise. The watcher is the program's own child.
fn watch(program: i32, parent: i32) -> io::Result<ExitCode> {
    use rustix::process::{Pid, Signal, getppid, kill_process, test_kill_process};

    let pid = |raw: i32| Pid::from_raw(raw).ok_or_else(|| io::Error::other("no process has this id"));
    let (program, parent) = (pid(program)?, pid(parent)?);
    while getppid() == Some(program) {
        if test_kill_process(parent).is_err() {
            kill_process(program, Signal::KILL)?;
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    Ok(ExitCode::SUCCESS)
}
