//! The processes of one function.
//!
//! An invocation takes an idle process, or starts one while fewer than [`MAX_PROCESSES`] run, or waits in line. A process
//! is a mailbox: `next` takes the task out of it, `finish` sends the outcome back. Whatever ends a process - its exit, a
//! time-out, an idle while - ends its task with an error, so no caller waits for the dead.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tokio::process::Child;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::api::timed_out;
use super::logs::Log;
use super::{FunctionError, Invocation, Settings};
use crate::cage;
use crate::world::Function;

/// The most processes of one function.
pub(super) const MAX_PROCESSES: usize = 8;
/// The time a process may take to ask for its first event.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// A process that had nothing to do for this long ends.
const IDLE: Duration = Duration::from_secs(300);

/// An event for a process.
pub(super) struct Task {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) deadline: SystemTime,
}

type Outcome = Result<Bytes, FunctionError>;

/// One running process, seen from outside.
struct Process {
    mailbox: mpsc::Sender<Task>,
    /// What the process polls; it is taken while a poll runs.
    inbox: Arc<tokio::sync::Mutex<mpsc::Receiver<Task>>>,
    /// Set until the process asks for its first event.
    ready: Option<oneshot::Sender<Result<(), FunctionError>>>,
    /// The invocation it works on.
    current: Option<(String, oneshot::Sender<Outcome>)>,
    /// Kills it.
    kill: Option<oneshot::Sender<()>>,
}

#[derive(Default)]
struct State {
    processes: HashMap<String, Process>,
    idle: Vec<(String, Instant)>,
    closed: bool,
}

/// The processes of one function.
pub(super) struct Pool {
    function: Function,
    api: SocketAddr,
    settings: Arc<Settings>,
    slots: Semaphore,
    state: Mutex<State>,
    log: Log,
}

impl Pool {
    pub(super) fn new(function: Function, api: SocketAddr, settings: Arc<Settings>) -> Arc<Self> {
        let log = Log::new(&settings.logs, &function.name);
        let slots = Semaphore::new(MAX_PROCESSES);
        Arc::new(Self { function, api, settings, slots, state: Mutex::default(), log })
    }

    pub(super) fn function(&self) -> &Function {
        &self.function
    }

    /// Runs one event to its end.
    pub(super) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Invocation {
        let request_id = uuid::Uuid::new_v4().to_string();
        let started = Instant::now();
        self.log.line(&format!("START RequestId: {request_id}")).await;
        let outcome = self.run(&request_id, payload).await;
        if let Err(error) = &outcome {
            self.log.line(&format!("ERROR RequestId: {request_id} {error}")).await;
        }
        let took = started.elapsed().as_secs_f64() * 1000.0;
        self.log.line(&format!("REPORT RequestId: {request_id} Duration: {took:.2} ms")).await;
        Invocation { request_id, outcome }
    }

    async fn run(self: &Arc<Self>, request_id: &str, payload: Bytes) -> Outcome {
        let Ok(_slot) = self.slots.acquire().await else {
            return Err(FunctionError::new("Lambda.TooManyRequests", "the function is shutting down"));
        };
        let process = match self.take_idle() {
            Some(process) => process,
            None => self.start().await?,
        };
        let (answer, answered) = oneshot::channel();
        let deadline = SystemTime::now() + self.function.timeout;
        let task = Task { request_id: request_id.to_owned(), payload, deadline };
        let mailbox = {
            let mut state = self.state();
            let Some(entry) = state.processes.get_mut(&process) else { return Err(exited(request_id, None)) };
            entry.current = Some((request_id.to_owned(), answer));
            entry.mailbox.clone()
        };
        if mailbox.send(task).await.is_err() {
            return Err(exited(request_id, None));
        }
        match tokio::time::timeout(self.function.timeout, answered).await {
            Ok(Ok(outcome)) => {
                self.give_back(process);
                outcome
            }
            // The sender was dropped with the process.
            Ok(Err(_)) => Err(exited(request_id, None)),
            Err(_) => {
                self.kill(&process);
                Err(timed_out(request_id, self.function.timeout))
            }
        }
    }

    fn take_idle(&self) -> Option<String> {
        let mut state = self.state();
        while let Some((process, _)) = state.idle.pop() {
            if state.processes.contains_key(&process) {
                return Some(process);
            }
        }
        None
    }

    fn give_back(&self, process: String) {
        let mut state = self.state();
        if state.processes.contains_key(&process) {
            state.idle.push((process, Instant::now()));
        }
    }

    /// Starts a process and waits until it asks for its first event.
    async fn start(self: &Arc<Self>) -> Result<String, FunctionError> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let path = format!("{}/{id}", self.function.name);
        let binary = self.settings.bin_dir.join(&self.function.name);
        let mut command = cage::command(&self.settings.skylark, &cage::Limits::default(), &binary);
        command
            .envs(self.settings.environment.variables(&self.function, self.api, &path))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let (mailbox, inbox) = mpsc::channel(1);
        let (ready, is_ready) = oneshot::channel();
        let (kill, killed) = oneshot::channel();
        let entry = Process {
            mailbox,
            inbox: Arc::new(tokio::sync::Mutex::new(inbox)),
            ready: Some(ready),
            current: None,
            kill: Some(kill),
        };
        {
            let mut state = self.state();
            if state.closed {
                return Err(FunctionError::new("Lambda.TooManyRequests", "the function is shutting down"));
            }
            state.processes.insert(id.clone(), entry);
        }
        let child = match cage::spawn(command).await {
            Ok(child) => child,
            Err(error) => {
                self.state().processes.remove(&id);
                let message = format!("cannot start {}: {error}", binary.display());
                return Err(FunctionError::new("Runtime.InvalidEntrypoint", message));
            }
        };
        tokio::spawn(watch(self.clone(), id.clone(), child, killed));
        match tokio::time::timeout(INIT_TIMEOUT, is_ready).await {
            Ok(Ok(Ok(()))) => Ok(id),
            Ok(Ok(Err(error))) => {
                self.kill(&id);
                Err(error)
            }
            Ok(Err(_)) => Err(FunctionError::new("Runtime.ExitError", "the process ended before its first event")),
            Err(_) => {
                self.kill(&id);
                let limit = INIT_TIMEOUT.as_secs();
                Err(FunctionError::new("Sandbox.Timedout", format!("the start took more than {limit} seconds")))
            }
        }
    }

    /// The next task of a process; waits for it. `None` when the process is not known any more.
    pub(super) async fn next(&self, process: &str) -> Option<Task> {
        let inbox = {
            let mut state = self.state();
            let entry = state.processes.get_mut(process)?;
            if let Some(ready) = entry.ready.take() {
                // Nobody waits when the start has timed out; the process is being killed then.
                let _ = ready.send(Ok(()));
            }
            entry.inbox.clone()
        };
        inbox.lock_owned().await.recv().await
    }

    /// Ends the invocation a process works on. `false` when it is not that one.
    pub(super) fn finish(&self, process: &str, request: &str, outcome: Outcome) -> bool {
        let mut state = self.state();
        let Some(entry) = state.processes.get_mut(process) else { return false };
        match entry.current.take() {
            Some((current, answer)) if current == request => answer.send(outcome).is_ok(),
            other => {
                entry.current = other;
                false
            }
        }
    }

    /// The process says that it cannot start.
    pub(super) fn fail_init(&self, process: &str, error: FunctionError) {
        let ready = self.state().processes.get_mut(process).and_then(|entry| entry.ready.take());
        if let Some(ready) = ready {
            // Nobody waits when the start has timed out.
            let _ = ready.send(Err(error));
        }
    }

    /// Ends every process and lets no more start.
    pub(super) async fn shutdown(&self) {
        let processes: Vec<String> = {
            let mut state = self.state();
            state.closed = true;
            state.processes.keys().cloned().collect()
        };
        for process in processes {
            self.kill(&process);
        }
        self.slots.close();
        let wait = async {
            while !self.state().processes.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(2), wait).await.is_err() {
            tracing::warn!(function = self.function.name, "a process does not end");
        }
    }

    fn kill(&self, process: &str) {
        let kill = self.state().processes.get_mut(process).and_then(|entry| entry.kill.take());
        if let Some(kill) = kill {
            // The watcher is gone when the process has ended already.
            let _ = kill.send(());
        }
    }

    fn idle_too_long(&self, process: &str) -> bool {
        let mut state = self.state();
        let before = state.idle.len();
        state.idle.retain(|(id, since)| id != process || since.elapsed() < IDLE);
        state.idle.len() < before
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lives as long as the child: copies its output, kills it on demand or after an idle while, and tells whoever waits.
async fn watch(pool: Arc<Pool>, id: String, mut child: Child, mut killed: oneshot::Receiver<()>) {
    if let Some(output) = child.stdout.take() {
        pool.log.follow(output);
    }
    if let Some(output) = child.stderr.take() {
        pool.log.follow(output);
    }
    let mut timer = tokio::time::interval(Duration::from_secs(30));
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            _ = &mut killed => break end(&mut child).await,
            _ = timer.tick() => {
                if pool.idle_too_long(&id) {
                    break end(&mut child).await;
                }
            }
        }
    };
    let process = pool.state().processes.remove(&id);
    let Some(process) = process else { return };
    let status = match status {
        Ok(status) => Some(status),
        Err(error) => {
            tracing::error!(%error, "cannot wait for a process");
            None
        }
    };
    if let Some(ready) = process.ready {
        let error =
            FunctionError::new("Runtime.ExitError", format!("the process ended while it started: {}", said(status)));
        // Nobody waits when the start has timed out.
        let _ = ready.send(Err(error));
    }
    if let Some((request_id, answer)) = process.current {
        // Nobody waits when the invocation has timed out.
        let _ = answer.send(Err(exited(&request_id, status)));
    }
}

async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.start_kill()?;
    child.wait().await
}

fn exited(request_id: &str, status: Option<ExitStatus>) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Runtime exited: {}", said(status));
    FunctionError::new("Runtime.ExitError", message)
}

fn said(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "the process is gone".to_owned(), |status| status.to_string())
}
