//! Programs of others that cannot be had in tests: the Session Manager plugin while it forwards a port, and the clients that
//! connect through it. They record how they were called, in files of the home folder.

use crate::run::Rd;
use crate::world::World;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

/// Listens on the local port of its session, greets whoever connects, and ends at SIGINT, as the plugin does. With a file
/// `plugin-fails`, it prints that and ends.
const PLUGIN: &str = r#"#!/usr/bin/python3
import json, os, signal, socket, sys
home = os.environ["HOME"]
if sys.argv[1:] == ["--version"]:
    print("1.2.707.0")
    sys.exit()
session = json.loads(os.environ["AWS_SSM_START_SESSION_RESPONSE"])
asked = {
    "arguments": sys.argv[1:], "session": session, "variables": dict(os.environ),
    "processes": [os.getpid(), os.getppid()],
}
with open(home + "/plugin.json", "w") as file:
    json.dump(asked, file)
def ended(*_):
    with open(home + "/plugin-ended", "w") as file:
        file.write("by SIGINT")
    os._exit(0)
signal.signal(signal.SIGINT, ended)
print("\nStarting session with SessionId: " + session["SessionId"], flush=True)
try:
    with open(home + "/plugin-fails") as file:
        print(file.read(), flush=True)
    sys.exit()
except FileNotFoundError:
    pass
port = int(json.loads(sys.argv[5])["Parameters"]["localPortNumber"][0])
listener = socket.create_server(("127.0.0.1", port))
print(f"Port {port} opened for sessionId {session['SessionId']}.", flush=True)
print("Waiting for connections...", flush=True)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"greeting")
    connection.close()
    if os.path.exists(home + "/unreachable"):
        print("\nConnection to destination port failed, check SSM Agent logs.", flush=True)
    if os.path.exists(home + "/session-times-out"):
        print("\n\nSessionId: x : Your session timed out due to inactivity.\n", flush=True)
        sys.exit()
"#;

/// Connects to the port that it was told, records what it was given, and ends with the code in the file `code`. With a file
/// `wait`, it waits and records signals; SIGTERM ends it.
const CLIENT: &str = r#"#!/usr/bin/python3
import json, os, signal, socket, stat, sys, time
home = os.environ["HOME"]
variables, arguments = dict(os.environ), sys.argv[1:]
port = variables.get("PGPORT") or arguments[arguments.index("-p") + 1]
greeting = socket.create_connection(("127.0.0.1", int(port))).recv(100).decode()
given = {"arguments": arguments, "variables": variables, "greeting": greeting, "stdin": sys.stdin.isatty() or sys.stdin.read()}
if "PGPASSFILE" in variables:
    file = variables["PGPASSFILE"]
    given["password_file"] = open(file).read()
    given["mode"] = oct(stat.S_IMODE(os.stat(file).st_mode))
def heard(number, _):
    with open(home + "/heard", "a") as file:
        file.write(signal.Signals(number).name + "\n")
signal.signal(signal.SIGINT, heard)
with open(home + "/client.json", "w") as file:
    json.dump(given, file)
print("from the client", flush=True)
while os.path.exists(home + "/wait"):
    time.sleep(0.02)
try:
    sys.exit(int(open(home + "/code").read()))
except FileNotFoundError:
    pass
"#;

impl World {
    /// Puts the plugin and these clients into a folder `bin` of the home folder.
    pub fn stand_ins(&self, clients: &[&str]) {
        let folder = self.path().join("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let plugin = [("session-manager-plugin", PLUGIN)];
        let clients = clients.iter().map(|client| (*client, CLIENT));
        for (name, program) in plugin.into_iter().chain(clients) {
            let file = folder.join(name);
            std::fs::write(&file, program).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// A program that finds them on its `PATH`.
    pub fn rd_with_stand_ins(&self, program: &str) -> Rd {
        let path = format!("{}/bin:/usr/bin:/bin", self.path().display());
        self.rd(program).env("PATH", &path)
    }

    /// What a program of these has recorded; null where it was not started.
    pub fn recorded(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path().join(format!("{name}.json")));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// Fails the test if the plugin or the program that started it still runs, or did not end it as Ctrl-C does.
    pub fn no_session_is_left(&self) {
        for process in self.recorded("plugin")["processes"].as_array().unwrap() {
            // A process that has ended, but that nobody has waited for, has no command line.
            let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            assert!(
                !line.contains("session-manager-plugin") && !line.contains("rd-ecs"),
                "{line}"
            );
        }
        let ended = self.path().join("plugin-ended");
        assert!(ended.exists(), "the plugin was not told to end");
        std::fs::remove_file(ended).unwrap();
    }
}
