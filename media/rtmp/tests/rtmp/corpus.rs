//! Replays what the fuzzer starts from and what it found: `fuzz/corpus/<target>/*`.

use std::path::Path;

use skylark_rtmp::fuzzing;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() < 4096, "{} is too large for the repository", path.display());
        run(&bytes);
        files += 1;
    }
    assert!(files >= 5, "{target} has {files} seeds");
}

#[test]
fn the_corpus_of_the_handshake_is_read_or_refused() {
    replay("handshake", fuzzing::handshake);
}

#[test]
fn the_corpus_of_chunks_is_read_or_refused() {
    replay("chunks", fuzzing::chunks);
}

#[test]
fn the_corpus_of_amf0_is_read_or_refused() {
    replay("amf0", fuzzing::amf0);
}

#[test]
fn the_corpus_of_flv_is_read_or_refused() {
    replay("flv", fuzzing::flv);
}
