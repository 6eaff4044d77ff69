//! nginx with nginx-rtmp: one worker that takes RTMP and writes HLS of MPEG-TS, and serves it.

use std::fs::Permissions;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Channel;
use crate::encoder::Address;

/// Where Debian and Fedora keep nginx's modules.
const MODULES: [&str; 2] = ["/usr/lib/nginx/modules/ngx_rtmp_module.so", "/usr/lib64/nginx/modules/ngx_rtmp_module.so"];
const PROGRAMS: [&str; 2] = ["/usr/sbin/nginx", "/usr/bin/nginx"];

/// How long it may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Nginx {
    child: Child,
    rtmp: u16,
    http: u16,
    _folder: tempfile::TempDir,
}

/// The program and its RTMP module.
pub(super) fn find() -> Result<(&'static Path, &'static Path)> {
    let first = |places: [&'static str; 2]| places.into_iter().map(Path::new).find(|place| place.exists());
    first(PROGRAMS)
        .zip(first(MODULES))
        .context("nginx-rtmp is missing: `apt-get install nginx-core libnginx-mod-rtmp`, or measure `--alone`")
}

impl Nginx {
    pub(super) fn start() -> Result<Self> {
        let (program, module) = find()?;
        let folder = tempfile::tempdir()?;
        // A worker of a root's nginx is nobody in particular.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let hls = folder.path().join("hls");
        std::fs::create_dir(&hls)?;
        std::fs::set_permissions(&hls, Permissions::from_mode(0o777))?;
        let (rtmp, http) = (free_port()?, free_port()?);
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(module, folder.path(), rtmp, http))?;
        // Ends with this process, its workers included: a death signal of its own would end the master alone.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(program).arg("-c").arg(&file).arg("-p").arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("nginx cannot be started")?;
        let mut nginx = Self { child, rtmp, http, _folder: folder };
        nginx.listens()?;
        Ok(nginx)
    }

    fn listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.rtmp)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("nginx ended with {status}");
            }
            if started.elapsed() > PATIENCE {
                bail!("nginx does not listen");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn channels(&self, count: usize) -> Vec<Channel> {
        let channel = |number: usize| Channel {
            address: Address::new(&format!("rtmp://127.0.0.1:{}", self.rtmp), format!("s{number}")),
            playlist: format!("http://127.0.0.1:{}/hls/s{number}.m3u8", self.http),
        };
        (0..count).map(channel).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master has to end its worker: it must not be killed. One that has ended already is what is wanted.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now. nginx cannot be handed a listener.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Fragments and window as long as Skylark's; nothing is recorded, because it would be written twice.
fn configuration(module: &Path, folder: &Path, rtmp: u16, http: u16) -> String {
    let (module, folder) = (module.display(), PathBuf::from(folder));
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};", folder.display()))
        .join(" ");
    let folder = folder.display();
    format!(
        "load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
rtmp {{
    server {{
        listen 127.0.0.1:{rtmp};
        chunk_size 4096;
        application live {{
            live on;
            record off;
            hls on;
            hls_path {folder}/hls;
            hls_fragment 2s;
            hls_playlist_length 16s;
        }}
    }}
}}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{http};
        location /hls {{ root {folder}; }}
    }}
}}
"
    )
}
