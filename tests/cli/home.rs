//! A folder of its own for each test: a copy of the shipped configuration, a ledger beside it, and
//! an environment with nothing in it but made-up secrets.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The folder, removed at the end of the test.
pub(crate) struct Home {
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

/// Made-up secrets in the forms that their providers give them, with the files that name them.
const SECRETS: [(&str, &str, &str); 6] = [
    ("gateway", "VESTNIK_MASTER_KEY", "0123456789abcdef0123456789abcdef"),
    ("channels/email", "VESTNIK_SMTP_PASSWORD", "made-up"),
    ("channels/portal", "VESTNIK_PORTAL_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    ("channels/sms", "VESTNIK_SMPP_PASSWORD", "made-up"),
    ("channels/telegram", "VESTNIK_TELEGRAM_TOKEN", "1234567890:made-up"),
    ("channels/viber", "VESTNIK_VIBER_TOKEN", "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"),
];

impl Home {
    /// A folder with the shipped configuration and a file for each secret.
    pub(crate) fn new() -> Self {
        let home = Self::without_secrets();
        for (file, name, secret) in SECRETS {
            let place = home.folder.join(name);
            fs::write(&place, secret).unwrap();
            let (from, to) =
                (format!("{{ env = \"{name}\" }}"), format!("{{ file = \"{}\" }}", place.display()));
            home.replace(&format!("config/{file}.toml"), &from, &to);
        }
        let ledger = home.folder.join("vestnik.db");
        home.replace("config/gateway.toml", "vestnik.db", &ledger.display().to_string());
        home
    }

    /// A folder with the shipped configuration, which names environment variables that are not set.
    pub(crate) fn without_secrets() -> Self {
        let folder = std::env::temp_dir().join(format!("vestnik-cli-{}", uuid::Uuid::now_v7()));
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), &folder.join("config"));
        Self { folder, environment: Vec::new() }
    }

    /// The folder of the configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// Copies the configuration to another folder beside it.
    pub(crate) fn copy_config(&self, name: &str) {
        copy_folder(&self.config(), &self.folder.join(name));
    }

    /// Sets an environment variable of the commands.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file with one text in place of another.
    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Changes the ledger behind the gateway's back.
    pub(crate) fn spoil(&self, sql: &str) {
        assert!(self.database().execute(sql, ()).unwrap() > 0, "{sql}");
    }

    /// The ledger, as somebody sees it who opens its file.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.join("vestnik.db")).unwrap()
    }

    /// What a file here says.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    /// Runs `vestnik` here with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs `vestnik` here with these arguments on a terminal of 100 columns, which standard error goes to;
    /// what it prints goes to a file. Gives what the terminal was shown.
    pub(crate) fn run_on_a_terminal(&self, arguments: &[&str], printed: &str) -> String {
        let program = env!("CARGO_BIN_EXE_vestnik");
        let line = format!("stty cols 100 && '{program}' {} > '{printed}'", arguments.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let output = command.current_dir(&self.folder).env("TERM", "xterm").stdin(Stdio::null()).output();
        let output = output.unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{shown}");
        shown
    }

    /// Starts the gateway on a free port, and waits until it is at work.
    pub(crate) fn serve(&mut self) -> Gateway {
        self.set("VESTNIK__GATEWAY__HTTP__LISTEN", "127.0.0.1:0");
        let mut process = self.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let at_work = lines.find_map(|line| Some(line.unwrap()).filter(|line| line.contains("is at work")));
        let at_work = at_work.unwrap_or_else(|| panic!("the gateway ended: {:?}", process.wait()));
        let address = at_work.split("listen=").nth(1).unwrap().trim().to_owned();
        // Read to its end: a gateway whose log nobody reads stands still once the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Gateway { process, address }
    }

    /// Starts the providers' sides, and points the commands at them.
    pub(crate) fn sandbox(&mut self) -> Sandbox {
        self.sandbox_with(&[])
    }

    /// The same, told more.
    pub(crate) fn sandbox_with(&mut self, arguments: &[&str]) -> Sandbox {
        let settings = self.folder.join("sandbox.env");
        let mut command = self.command(&[&["sandbox"], arguments].concat());
        let mut process =
            command.stdout(fs::File::create(&settings).unwrap()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
        let begun = told.find(|line| line.as_ref().unwrap().contains("providers are played"));
        assert!(begun.is_some(), "it ended: {:?}", process.wait());
        for line in fs::read_to_string(settings).unwrap().lines() {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            self.set(name, value.trim_matches('\''));
        }
        Sandbox { process, told }
    }

    /// Starts `vestnik` here with these arguments and lets it run; its log goes nowhere.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestnik"));
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(arguments).current_dir(&self.folder).env_clear().envs(environment).stdin(Stdio::null());
        command
    }
}

/// A gateway at work, killed at the end of the test.
pub(crate) struct Gateway {
    process: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The providers' sides, stopped at the end of the test.
pub(crate) struct Sandbox {
    process: Child,
    told: Lines<BufReader<ChildStderr>>,
}

impl Sandbox {
    /// Waits until this is shown on a phone.
    pub(crate) fn shows(&mut self, part: &str) {
        let shown = self.told.find(|line| line.as_ref().unwrap().contains(part));
        assert!(shown.is_some(), "{part:?} was not shown: {:?}", self.process.wait());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Asked politely, it takes its folder with it.
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

impl Said {
    /// What was printed, as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails the test unless it ended so, and every line is fit for a terminal.
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.out.lines().all(|line| line.chars().count() <= 100), "{}", self.out);
        self
    }

    /// Fails the test unless this was said, on either way out; where lines end does not matter.
    pub(crate) fn says(self, part: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = [&self.out, &self.err].iter().any(|text| text.contains(part) || flat(text).contains(part));
        assert!(said, "{part:?} is not in {self:?}");
        self
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
