//! Our client of rooms against a running stack: runs its own test program (web/sdk/integration.mjs) with Node.

use std::path::Path;
use std::process::Command;

use skylark_tests::Stack;

#[test]
fn the_client_for_pages_keeps_what_it_promises() {
    let stack = Stack::shared();
    let run = Command::new("node")
        // Node 20 has a WebSocket, behind this flag.
        .args(["--experimental-websocket", "sdk/integration.mjs", &stack.url("front")])
        .current_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../web")))
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}");
    println!("{said}");
}
