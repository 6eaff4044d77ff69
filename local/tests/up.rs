//! `skylark up` as a process: its errors, its neighbours and its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const TEMPLATE: &str = r#"
Resources:
  Sample:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: stack-sample
      CodeUri: target/lambda/sample/
      MemorySize: 128
      Timeout: 20
"#;

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::write(world.path("template.yaml"), TEMPLATE).unwrap();
        let binary = world.path("sample");
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/function.py"), &binary).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn up(&self, data: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skylark"));
        command
            .args(["up", "--port", "0", "--rtmp-port", "0", "--template"])
            .arg(self.path("template.yaml"))
            .arg("--bin-dir")
            .arg(self.dir.path())
            .arg("--data")
            .arg(self.path(data))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A started `skylark up` that is ended with the test.
struct Running(Child, Value);

impl Running {
    fn start(world: &World, data: &str) -> Self {
        let mut child = world.up(data, &[]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(first.starts_with("Skylark is up"), "{first}");
        let endpoints = std::fs::read(world.path(data).join("endpoints.json")).unwrap();
        Self(child, serde_json::from_slice(&endpoints).unwrap())
    }

    fn invoke(&self) -> Value {
        let url = format!("{}/2015-03-31/functions/sample/invocations", self.1["lambda"].as_str().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(async { reqwest::Client::new().post(url).body("{}").send().await.unwrap().json().await.unwrap() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended in the test.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refused(mut command: Command) -> String {
    let mut child = command.spawn().unwrap();
    assert!(!child.wait().unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

fn wait_for_end(pid: u64) {
    let started = Instant::now();
    while Path::new(&format!("/proc/{pid}/exe")).exists() && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(10), "process {pid} lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn unknown_template_function_names_file_and_line() {
    let world = World::new();
    std::fs::remove_file(world.path("sample")).unwrap();
    let said = refused(world.up("data", &[]));
    assert!(said.contains("template.yaml:4: there is no binary sample in"), "{said}");
}

#[test]
fn a_taken_port_names_the_flag() {
    let world = World::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skylark"));
    command.args(["up", "--port", &port, "--data"]).arg(world.path("data")).stderr(Stdio::piped());
    let said = refused(command);
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port"), "{said}");
}

#[test]
fn two_stacks_run_side_by_side_but_not_on_one_directory() {
    let world = World::new();
    let one = Running::start(&world, "one");
    let two = Running::start(&world, "two");
    assert_ne!(one.invoke()["pid"], two.invoke()["pid"]);
    let said = refused(world.up("one", &[]));
    assert!(said.contains("another skylark uses") && said.contains("--data"), "{said}");
}

#[test]
fn no_process_survives_kill_9_of_everything() {
    let world = World::new();
    let mut running = Running::start(&world, "data");
    let function = running.invoke()["pid"].as_u64().unwrap();
    assert!(Path::new(&format!("/proc/{function}")).exists());
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    wait_for_end(function);
}

#[test]
fn sigterm_ends_the_children_and_is_a_success() {
    let world = World::new();
    let mut running = Running::start(&world, "data");
    let function = running.invoke()["pid"].as_u64().unwrap();
    let id = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert!(running.0.wait().unwrap().success());
    wait_for_end(function);
}

#[test]
fn reset_deletes_only_what_is_ours() {
    let world = World::new();
    std::fs::create_dir(world.path("other")).unwrap();
    let reset = |data: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skylark"));
        command.args(["reset", "--data"]).arg(world.path(data)).output().unwrap().status.success()
    };
    assert!(!reset("other") && world.path("other").exists());
    let running = Running::start(&world, "data");
    assert!(!reset("data") && world.path("data").exists(), "not while it runs");
    drop(running);
    assert!(reset("data") && !world.path("data").exists());
}

fn skylark(arguments: &[&str], folder: &Path) -> (bool, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_skylark")).args(arguments).current_dir(folder).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    (run.status.success(), said)
}

#[test]
fn invoke_runs_a_function_and_logs_shows_what_it_printed() {
    let world = World::new();
    std::fs::write(world.path("event.json"), "{}").unwrap();
    std::fs::write(world.path("bad.json"), r#"{"error":"no good"}"#).unwrap();
    let folder = world.dir.path();
    let (done, said) = skylark(&["invoke", "sample", "event.json", "--data", "data"], folder);
    assert!(!done && said.contains("skylark up"), "{said}");
    let (done, said) = skylark(&["logs", "--data", "data"], folder);
    assert!(!done && said.contains("no function has printed"), "{said}");
    let _running = Running::start(&world, "data");
    let (done, said) = skylark(&["invoke", "sample", "event.json", "--data", "data"], folder);
    assert!(done && said.contains("\"pid\""), "{said}");
    let (done, said) = skylark(&["invoke", "sample", "bad.json", "--data", "data"], folder);
    assert!(!done && said.contains("no good"), "{said}");
    let (done, said) = skylark(&["invoke", "nobody", "event.json", "--data", "data"], folder);
    assert!(!done && said.contains("nobody"), "{said}");
    let (done, said) = skylark(&["logs", "sample", "--data", "data"], folder);
    assert!(done && said.contains("sample  started") && said.contains("sample  START RequestId"), "{said}");
    assert!(!skylark(&["logs", "nobody", "--data", "data"], folder).0);
}

#[test]
fn doctor_says_what_is_missing() {
    let world = World::new();
    let (_, said) = skylark(&["doctor", "--data", "data"], world.dir.path());
    assert!(said.contains("ok       template: 1 functions, 0 routes"), "{said}");
    assert!(said.contains("missing  sample: build it with"), "binaries stand beside skylark: {said}");
    std::fs::write(world.path("template.yaml"), "Resources:\n  X:\n    Type: AWS::Nothing::Known\n").unwrap();
    let (done, said) = skylark(&["doctor", "--data", "data"], world.dir.path());
    assert!(!done && said.contains("template.yaml:3:") && said.contains("AWS::Nothing::Known"), "{said}");
}
