//! What Linux tells of processes: who listens on a port, what they use. Elsewhere it tells nothing.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Duration;

use url::Url;

/// A server with all processes below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree(u32);

impl Tree {
    /// The server of a URL, where it listens on this machine and we may see it.
    pub fn listening(url: &Url, usual_port: u16) -> Option<Self> {
        let here = matches!(url.host_str()?, "localhost" | "127.0.0.1" | "::1" | "[::1]");
        let port = url.port().unwrap_or(usual_port);
        let sockets: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .flat_map(|table| listening_sockets(&table, port))
            .collect();
        let owners: HashSet<u32> = processes().filter(|pid| has_socket(*pid, &sockets)).collect();
        // A server's children may have inherited the socket.
        let eldest = owners.iter().find(|pid| parent_of(**pid).is_none_or(|it| !owners.contains(&it)));
        eldest.filter(|_| here).map(|pid| Self(*pid))
    }

    /// Processor time of all its processes, those that have ended included.
    pub fn processor(self) -> Option<Duration> {
        let of = |pid| processor(&stat(pid)?, WITH_THE_ENDED);
        let all = self.processes().into_iter().filter_map(of).sum();
        of(self.0).map(|_| all)
    }

    /// What its processes take of the memory now, in bytes; what they share is counted once.
    pub fn memory(self) -> Option<u64> {
        let of = |pid| proportional(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?);
        let all = self.processes().into_iter().filter_map(of).sum();
        of(self.0).map(|_| all)
    }

    fn processes(self) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for pid in processes() {
            if let Some(parent) = parent_of(pid) {
                children.entry(parent).or_default().push(pid);
            }
        }
        let (mut found, mut next) = (vec![self.0], 0);
        while let Some(pid) = found.get(next).copied() {
            found.extend(children.remove(&pid).unwrap_or_default());
            next += 1;
        }
        found
    }
}

/// Processor time of this process, with all threads that have ended.
pub(super) fn own_processor() -> Option<Duration> {
    processor(&fs::read_to_string("/proc/self/stat").ok()?, OWN)
}

/// Processor time of this process's threads with such names.
pub(super) fn own_threads(wanted: impl Fn(&str) -> bool) -> Option<Duration> {
    let threads = fs::read_dir("/proc/self/task").ok()?;
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    Some(stats.filter(|stat| name(stat).is_some_and(&wanted)).filter_map(|stat| processor(&stat, OWN)).sum())
}

/// What a process used so far: the most memory it ever had resident, in bytes, and processor time.
pub(super) fn usage(pid: u32) -> Option<(u64, Duration)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some((peak_memory(&status)?, processor(&stat(pid)?, OWN)?))
}

fn processes() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten();
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn stat(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/stat")).ok()
}

fn parent_of(pid: u32) -> Option<u32> {
    stat_field(&stat(pid)?, PARENT)
}

fn has_socket(pid: u32, sockets: &HashSet<String>) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .any(|target| sockets.contains(target.to_string_lossy().as_ref()))
}

/// `/proc/net/tcp` of `proc_pid_net(5)`: local address in field 1, state in 3 (0A listens), inode in 9.
/// Gives them as links in `/proc/PID/fd` name them.
fn listening_sockets(table: &str, port: u16) -> Vec<String> {
    let socket = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let listens = u16::from_str_radix(local_port, 16) == Ok(port) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
    };
    table.lines().filter_map(socket).collect()
}

/// Fields of `proc_pid_stat(5)` after the name, counted from 0: the state is the first.
const PARENT: usize = 1;
/// User and system time of the process.
const OWN: usize = 2;
/// And of its children that have ended.
const WITH_THE_ENDED: usize = 4;
const FIRST_TIME: usize = 11;

/// In ticks, of which Linux shows 100 a second everywhere.
fn processor(stat: &str, fields: usize) -> Option<Duration> {
    let ticks: Option<u64> = (FIRST_TIME..FIRST_TIME + fields).map(|at| stat_field::<u64>(stat, at)).sum();
    Some(Duration::from_millis(ticks? * 10))
}

fn stat_field<T: std::str::FromStr>(stat: &str, at: usize) -> Option<T> {
    // A name may hold spaces and brackets.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(at)?.parse().ok()
}

fn name(stat: &str) -> Option<&str> {
    Some(stat.split_once('(')?.1.rsplit_once(')')?.0)
}

/// `VmHWM:    81234 kB` of `proc_pid_status(5)`.
fn peak_memory(status: &str) -> Option<u64> {
    kibibytes(status, "VmHWM:")
}

/// `Pss:    1234 kB` of `/proc/PID/smaps_rollup`.
fn proportional(rollup: &str) -> Option<u64> {
    kibibytes(rollup, "Pss:")
}

/// A line's value, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        assert_eq!(peak_memory("Name:\tvestnik\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\n"), Some(2 << 20));
        assert_eq!(proportional("0-1 ---p 0 00:00 0 [rollup]\nRss: 9 kB\nPss:   3 kB\n"), Some(3 << 10));
        let stat = "4242 (a) b) S 17 2 3 4 5 6 7 8 9 10 250 50 30 20 20 0";
        assert_eq!((name(stat), stat_field(stat, PARENT)), (Some("a) b"), Some(17)));
        assert_eq!(processor(stat, OWN), Some(Duration::from_secs(3)));
        assert_eq!(processor(stat, WITH_THE_ENDED), Some(Duration::from_millis(3500)));
        assert_eq!(processor("4242 (short) S 1", OWN), None);
    }

    #[test]
    fn a_listener_is_found_by_its_port() {
        let table =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100
   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100
";
        assert_eq!(listening_sockets(table, 8080), ["socket:[4711]"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_listens_here_is_this_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let tree = Tree::listening(&url, 80).unwrap();
        assert_eq!(tree.0, std::process::id());
        assert!(tree.memory().unwrap() > 0);
        assert!(tree.processor().is_some() && own_processor().is_some());
        assert!(Tree::listening(&"http://elsewhere.example:80/".parse().unwrap(), 80).is_none());
    }
}
