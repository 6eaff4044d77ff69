//! What processes cost, read from `/proc` (proc(5)).

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks of a second in `/proc/<pid>/stat`: `USER_HZ`, which Linux fixes at 100.
const TICKS: u64 = 100;

/// Processor time of a process and of everything it started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// Its own threads.
    pub(crate) own: Duration,
    /// Everything it started that runs.
    pub(crate) children: Duration,
    /// Everything it started that has ended.
    pub(crate) ended: Duration,
}

/// A [`Cpu`] in % of one core.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Percent {
    pub(crate) own: f64,
    pub(crate) children: f64,
    pub(crate) ended: f64,
}

impl Cpu {
    /// What was used since `before`, which is `elapsed` ago.
    pub(crate) fn percent_since(self, before: Self, elapsed: Duration) -> Percent {
        let percent =
            |now: Duration, then: Duration| 100.0 * now.saturating_sub(then).as_secs_f64() / elapsed.as_secs_f64();
        Percent {
            own: percent(self.own, before.own),
            children: percent(self.children, before.children),
            ended: percent(self.ended, before.ended),
        }
    }
}

struct Stat {
    parent: u32,
    own: u64,
    reaped: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last parenthesis may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        reaped: number(13)? + number(14)?,
    })
}

/// Every process that `root` started, directly or not.
fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").context("there is no /proc: the benches need Linux")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let (mut found, mut next) = (Vec::new(), vec![root]);
    while let Some(pid) = next.pop() {
        let of_pid = children.remove(&pid).unwrap_or_default();
        found.extend(&of_pid);
        next.extend(of_pid);
    }
    Ok(found)
}

/// What `pid` has used so far.
pub(crate) fn cpu(pid: u32) -> Result<Cpu> {
    let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS);
    let own = stat(pid).context("the server has ended")?;
    let living = descendants(pid)?.into_iter().filter_map(stat);
    let children = living.map(|stat| stat.own + stat.reaped).sum();
    Ok(Cpu { own: time(own.own), children: time(children), ended: time(own.reaped) })
}

/// What everything has used so far that `root` started and whose program is `name`.
pub(crate) fn cpu_of(root: u32, name: &str) -> Result<Duration> {
    let has_name = |pid: &u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let program = command.split(|byte| *byte == 0).next().unwrap_or_default();
        program.rsplit(|byte| *byte == b'/').next() == Some(name.as_bytes())
    };
    let found = descendants(root)?.into_iter().filter(has_name).filter_map(own_cpu);
    Ok(found.sum())
}

/// Processor time of all threads of a process, in nanoseconds at the kernel's own grain.
pub(crate) fn own_cpu(pid: u32) -> Option<Duration> {
    let mut total = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread that has ended since it was listed.
        let Ok(text) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        total += Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?);
    }
    Some(total)
}

/// Bytes in memory of `pid`, and with `children` of everything it started.
pub(crate) fn resident(pid: u32, children: bool) -> Result<u64> {
    sum(pid, children, "VmRSS:")
}

/// The most [`resident`] bytes since [`forget_peak`], each process at its own moment.
pub(crate) fn peak(pid: u32, children: bool) -> Result<u64> {
    sum(pid, children, "VmHWM:")
}

fn sum(pid: u32, children: bool, field: &str) -> Result<u64> {
    let others = if children { descendants(pid)? } else { Vec::new() };
    let of = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix(field))?;
        value.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    let own = of(pid).context("the server has ended")?;
    Ok(1024 * (own + others.into_iter().filter_map(of).sum::<u64>()))
}

/// Starts the peak anew.
pub(crate) fn forget_peak(pid: u32) -> Result<()> {
    for pid in descendants(pid)?.into_iter().chain([pid]) {
        // A child may have ended since it was listed.
        let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_used_counts_after_its_end() {
        let own = std::process::id();
        let before = cpu(own).unwrap().ended;
        let mut child = std::process::Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"])
            .spawn()
            .unwrap();
        assert!(descendants(own).unwrap().contains(&child.id()));
        assert!(resident(own, true).unwrap() > resident(own, false).unwrap());
        child.wait().unwrap();
        assert!(cpu(own).unwrap().ended > before);
    }
}
