//! One running stack: started from the built binaries, killed with the test process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running `skylark up`.
pub struct Stack {
    skylark: PathBuf,
    flags: Vec<OsString>,
    data: tempfile::TempDir,
    running: Mutex<Running>,
}

struct Running {
    child: Child,
    endpoints: Value,
}

impl Stack {
    /// The stack that the tests of one file share.
    ///
    /// # Panics
    /// When it does not start: no test can go on.
    pub fn shared() -> &'static Stack {
        static SHARED: OnceLock<Stack> = OnceLock::new();
        SHARED.get_or_init(|| match Stack::start() {
            Ok(stack) => stack,
            Err(error) => panic!("the stack does not start: {error:?}"),
        })
    }

    /// Starts a stack of its own.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts a stack of its own with more in its environment.
    pub fn start_with(environment: &[(&str, &str)]) -> Result<Self> {
        Self::start_from(built()?, Vec::new(), environment)
    }

    /// Starts a stack of its own from this `skylark`, with more flags of `skylark up`.
    pub fn start_binary(skylark: &Path, flags: &[OsString]) -> Result<Self> {
        Self::start_from(skylark.to_owned(), flags.to_owned(), &[])
    }

    fn start_from(skylark: PathBuf, flags: Vec<OsString>, environment: &[(&str, &str)]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let running = Mutex::new(start_on(&skylark, &flags, data.path(), environment)?);
        Ok(Self { skylark, flags, data, running })
    }

    /// Kills every process of the stack at once, as a power cut of the process table would, and starts it again on the
    /// same data.
    pub fn kill_9_and_restart(&self) -> Result<()> {
        let mut running = self.running();
        running.child.kill()?;
        running.child.wait()?;
        *running = start_on(&self.skylark, &self.flags, self.data.path(), &[])?;
        Ok(())
    }

    /// Kills every process of a function (`chat-message`), busy or not. Answers how many there were.
    pub fn kill_9_function(&self, function: &str) -> Result<usize> {
        let pattern = format!("/{function}$");
        let listed = Command::new("pgrep").args(["-P", &self.pid().to_string(), "-f", &pattern]).output()?;
        // It ends with 1 when there is none.
        let listed = String::from_utf8(listed.stdout)?;
        let mut count = 0;
        for pid in listed.lines() {
            let pid = Pid::from_raw(pid.parse()?).context("no process has this id")?;
            match kill_process(pid, Signal::KILL) {
                Ok(()) => count += 1,
                // It has ended by itself meanwhile.
                Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(count)
    }

    /// The address of a service: `front`, `dynamodb`, `s3`, `admin`.
    ///
    /// # Panics
    /// When the stack has no such service.
    pub fn url(&self, service: &str) -> String {
        let running = self.running();
        match running.endpoints.get(service).and_then(Value::as_str) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => panic!("no {service} in {}", running.endpoints),
        }
    }

    /// The calls the services met since [`Stack::forget_calls`], by `service.Operation`.
    pub async fn calls(&self) -> Result<BTreeMap<String, u64>> {
        Ok(reqwest::get(format!("{}/calls", self.url("admin"))).await?.json().await?)
    }

    /// Begins the count of calls anew.
    pub async fn forget_calls(&self) -> Result<()> {
        reqwest::Client::new().delete(format!("{}/calls", self.url("admin"))).send().await?.error_for_status()?;
        Ok(())
    }

    /// What the table's calls cost since [`Stack::forget_capacity`], by function and operation:
    /// `{"chat-message":{"PutItem":{"calls":1,"units":1.0}}}`.
    pub async fn capacity(&self) -> Result<Value> {
        Ok(reqwest::get(format!("{}/capacity", self.url("admin"))).await?.json().await?)
    }

    /// The calls of the table that a function has made since [`Stack::forget_capacity`], by operation.
    pub async fn table_calls(&self, function: &str) -> Result<BTreeMap<String, u64>> {
        let capacity = self.capacity().await?;
        let costs = capacity[function].as_object().into_iter().flatten();
        Ok(costs.map(|(operation, cost)| (operation.clone(), cost["calls"].as_u64().unwrap_or_default())).collect())
    }

    /// Begins to add up anew what the table's calls cost.
    pub async fn forget_capacity(&self) -> Result<()> {
        let client = reqwest::Client::new();
        client.delete(format!("{}/capacity", self.url("admin"))).send().await?.error_for_status()?;
        Ok(())
    }

    /// Makes the next `times` calls of `operation` (`*` is any) fail: `lost-answer`, `unavailable`, `throttled`, `conflict`.
    pub async fn inject(&self, service: &str, operation: &str, kind: &str, times: u32) -> Result<()> {
        let fault = serde_json::json!({ "service": service, "operation": operation, "kind": kind, "times": times });
        let client = reqwest::Client::new();
        client.post(format!("{}/faults", self.url("admin"))).json(&fault).send().await?.error_for_status()?;
        Ok(())
    }

    /// Ends every injected fault.
    pub async fn heal(&self) -> Result<()> {
        reqwest::Client::new().delete(format!("{}/faults", self.url("admin"))).send().await?.error_for_status()?;
        Ok(())
    }

    /// How many messages wait in a queue of the template.
    pub async fn messages(&self, queue: &str) -> Result<u64> {
        let url = self.url("sqs");
        let body = serde_json::json!({
            "QueueUrl": format!("{url}/000000000000/skylark-{queue}"),
            "AttributeNames": ["All"],
        });
        let ask = reqwest::Client::new().post(url).header("x-amz-target", "AmazonSQS.GetQueueAttributes");
        let answer: Value = ask.body(body.to_string()).send().await?.json().await?;
        let count = answer["Attributes"]["ApproximateNumberOfMessages"].as_str();
        Ok(count.with_context(|| answer.to_string())?.parse()?)
    }

    /// Where the stack keeps its data.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The id of the stack's main process.
    pub fn pid(&self) -> u32 {
        self.running().child.id()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut running = self.running();
        // It may have ended by itself, which is what is wanted.
        let _ = running.child.kill();
        let _ = running.child.wait();
    }
}

/// The folder of the built binaries: test binaries stand in `deps` below it.
fn bin_dir() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().and_then(Path::parent).context("the test binary stands nowhere")?.to_owned())
}

/// The `skylark` that was built with the tests.
pub(crate) fn built() -> Result<PathBuf> {
    Ok(bin_dir()?.join("skylark"))
}

fn start_on(skylark: &Path, flags: &[OsString], data: &Path, environment: &[(&str, &str)]) -> Result<Running> {
    if !skylark.exists() {
        bail!("{} is missing: run `cargo build --workspace --bins` first", skylark.display());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has a root")?;
    let endpoints = data.join("endpoints.json");
    match std::fs::remove_file(&endpoints) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let mut command = caged_by(skylark, skylark.as_os_str());
    command
        .args(["up", "--port", "0", "--rtmp-port", "0", "--data"])
        .arg(data)
        .args(flags)
        .envs(environment.iter().copied())
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = spawn(command)?;
    let errors = child.stderr.take().context("stderr is piped")?;
    let (line, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for text in BufReader::new(errors).lines().map_while(Result::ok) {
            // Nobody listens once the stack is up.
            let _ = line.send(text);
        }
    });
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            let said: Vec<String> = lines.try_iter().collect();
            bail!("skylark up ended with {status}: {}", said.join("\n"));
        }
        if let Ok(text) = std::fs::read(&endpoints)
            && let Ok(endpoints) = serde_json::from_slice::<Value>(&text)
            && is_ready(&endpoints)
        {
            return Ok(Running { child, endpoints });
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            bail!("skylark up is not ready after {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program that ends with this process, however that ends.
pub(crate) fn caged(program: &OsStr) -> Result<Command> {
    Ok(caged_by(&built()?, program))
}

fn caged_by(skylark: &Path, program: &OsStr) -> Command {
    let mut command = Command::new(skylark);
    command.args(["cage", "--parent", &std::process::id().to_string(), "--"]).arg(program);
    command
}

/// Spawns from a thread that never ends: a caged child ends with the thread that spawned it, and tests' threads end.
pub(crate) fn spawn(command: Command) -> Result<Child> {
    type Job = (Command, mpsc::Sender<std::io::Result<Child>>);
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, answer) in jobs {
                // The asker waits for the answer, or is gone with the process.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, spawned) = mpsc::channel();
    spawner.send((command, answer)).ok().context("the spawning thread has ended")?;
    Ok(spawned.recv()??)
}

fn is_ready(endpoints: &Value) -> bool {
    let Some(address) = endpoints.get("front").and_then(Value::as_str).and_then(|url| url.strip_prefix("http://"))
    else {
        return false;
    };
    let ask = || -> std::io::Result<String> {
        let mut socket = TcpStream::connect(address.trim_end_matches('/'))?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        socket.write_all(
            format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
