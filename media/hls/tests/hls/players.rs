//! Real media from a real encoder, packaged here and decoded again.

use std::path::Path;
use std::process::Command;

use skylark_hls::{Ask, AudioConfig, Body, Frame, Name, Output, Segmenter, Settings, Timeline, VideoConfig};

/// The program that an environment names, or the one in PATH.
fn tool(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| name.into()))
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("this test needs ffmpeg and ffprobe: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command:?} has something to complain about");
    String::from_utf8(output.stdout).unwrap()
}

/// What an FLV file holds, as a publisher would send it.
enum Tag {
    VideoConfig(VideoConfig),
    AudioConfig(AudioConfig),
    Frame(Frame),
}

/// The tags of an FLV file of H.264 and AAC.
fn demux(file: &[u8]) -> Vec<Tag> {
    const HEADER: usize = 9 + 4;
    let mut rest = &file[HEADER..];
    let mut tags = Vec::new();
    while let Some((head, behind)) = rest.split_first_chunk::<11>() {
        let length = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
        let dts_ms = i64::from(i32::from_be_bytes([head[7], head[4], head[5], head[6]]));
        let body = &behind[..length];
        rest = &behind[length + 4..];
        let data = |from: usize| bytes::Bytes::copy_from_slice(&body[from..]);
        match (head[0], body) {
            (9, [_, 0, ..]) => tags.push(Tag::VideoConfig(VideoConfig::parse(data(5)).unwrap())),
            (9, &[kind, 1, a, b, c, ..]) => tags.push(Tag::Frame(Frame::Video {
                dts_ms,
                composition_ms: i32::from_be_bytes([a, b, c, 0]) >> 8,
                keyframe: kind >> 4 == 1,
                data: data(5),
            })),
            (8, [_, 0, ..]) => tags.push(Tag::AudioConfig(AudioConfig::parse(data(2)).unwrap())),
            (8, [_, 1, ..]) => tags.push(Tag::Frame(Frame::Audio { dts_ms, data: data(2) })),
            _ => {}
        }
    }
    tags
}

/// A moving picture with a tone, encoded with ffmpeg's `arguments`.
fn encode(folder: &Path, seconds: u32, arguments: &str) -> Vec<Tag> {
    let path = folder.join("source.flv");
    let mut ffmpeg = tool("FFMPEG", "ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"]);
    ffmpeg.arg(format!("testsrc2=size=320x180:rate=30:duration={seconds}"));
    ffmpeg.args(["-f", "lavfi", "-i"]).arg(format!("sine=duration={seconds}:sample_rate=44100"));
    ffmpeg.args(arguments.split(' ')).args(["-f", "flv"]).arg(&path);
    run(ffmpeg);
    demux(&std::fs::read(path).unwrap())
}

/// Packages and writes what a player would fetch; answers the playlist's name.
async fn publish(folder: &Path, settings: Settings, sessions: &[Vec<Tag>]) -> String {
    let timeline = Timeline::new(settings);
    let mut names = vec![Name::Init(0)];
    for tags in sessions {
        timeline.begin();
        let mut segmenter = Segmenter::new(&settings, 1_795_341_600_000);
        for tag in tags {
            let outputs = match tag {
                Tag::VideoConfig(config) => segmenter.video(config.clone()),
                Tag::AudioConfig(config) => segmenter.audio(config.clone()),
                Tag::Frame(frame) => segmenter.push(frame.clone()).unwrap(),
            };
            names.extend(outputs.iter().filter_map(|output| timeline.apply(output)).map(Name::Segment));
        }
        let outputs = segmenter.finish();
        names.extend(outputs.iter().filter_map(|output| timeline.apply(output)).map(Name::Segment));
        assert!(outputs.iter().any(|output| matches!(output, Output::Segment(_))));
        // Of the sound that an encoder puts before its first picture.
        assert!(segmenter.dropped() <= 1);
    }
    timeline.end();
    for name in names {
        let Some(Body::Memory(pieces)) = timeline.body(&name).await else { panic!("{name} is not there") };
        std::fs::write(folder.join(name.to_string()), pieces.concat()).unwrap();
    }
    let playlist = timeline.playlist(&Ask { dvr: true, ..Ask::default() }).await.unwrap();
    std::fs::write(folder.join("media.m3u8"), playlist).unwrap();
    std::fs::write(folder.join("live.m3u8"), timeline.multivariant("media.m3u8").unwrap()).unwrap();
    folder.join("live.m3u8").to_str().unwrap().to_owned()
}

/// Key and value of what ffprobe shows of a stream.
fn probe(input: &str, stream: &str, entries: &str) -> Vec<String> {
    let mut ffprobe = tool("FFPROBE", "ffprobe");
    ffprobe.args(["-v", "error", "-count_packets", "-select_streams", stream, "-show_entries", entries]);
    let shown = run({
        ffprobe.args(["-of", "default=noprint_wrappers=1:nokey=1", input]);
        ffprobe
    });
    shown.lines().map(str::to_owned).collect()
}

/// Decodes everything; a single complaint of ffmpeg's fails.
fn decode(input: &str) {
    let mut ffmpeg = tool("FFMPEG", "ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "warning", "-xerror", "-i", input, "-f", "null", "-"]);
    run(ffmpeg);
}

async fn package_and_play(arguments: &str) {
    let folder = tempfile::tempdir().unwrap();
    let tags = encode(folder.path(), 6, arguments);
    let settings = Settings::default();
    let live = publish(folder.path(), settings, &[tags]).await;
    decode(&live);
    let duration: f64 = probe(&live, "v", "format=duration")[0].parse().unwrap();
    assert!((duration - 6.0).abs() < 0.05, "{duration} s");
    // Each picture exactly once, and as much sound.
    let video = probe(&live, "v", "stream=codec_name,width,height,nb_read_packets");
    assert_eq!(video[..3], ["h264", "320", "180"]);
    assert_eq!(video.last().unwrap(), "180");
    let audio = probe(&live, "a", "stream=codec_name,sample_rate,channels,nb_read_packets");
    assert_eq!(audio[..2], ["aac", "44100"]);
    let frames: u32 = audio.last().unwrap().parse().unwrap();
    assert!((258..=261).contains(&frames), "{frames}");
}

#[tokio::test]
async fn a_stream_without_b_frames_plays() {
    package_and_play("-c:v libx264 -preset ultrafast -bf 0 -g 60 -pix_fmt yuv420p -c:a aac").await;
}

#[tokio::test]
async fn a_stream_with_b_frames_plays() {
    package_and_play("-c:v libx264 -preset medium -bf 2 -g 60 -pix_fmt yuv420p -c:a aac -ac 2").await;
}

/// Each part is a file of its own behind the initialisation, and begins where the one before ended.
#[tokio::test]
async fn parts_play_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let tags = encode(folder.path(), 3, "-c:v libx264 -preset ultrafast -bf 2 -g 30 -pix_fmt yuv420p -c:a aac");
    let mut segmenter = Segmenter::new(&Settings::default(), 0);
    let mut outputs = Vec::new();
    for tag in tags {
        outputs.extend(match tag {
            Tag::VideoConfig(config) => segmenter.video(config),
            Tag::AudioConfig(config) => segmenter.audio(config),
            Tag::Frame(frame) => segmenter.push(frame).unwrap(),
        });
    }
    outputs.extend(segmenter.finish());
    let init = crate::support::inits(&outputs)[0].data.clone();
    let path = folder.path().join("part.mp4");
    let mut pictures = 0;
    for part in crate::support::parts(&outputs).iter().filter(|part| part.independent) {
        std::fs::write(&path, [init.clone(), part.data.clone()].concat()).unwrap();
        decode(path.to_str().unwrap());
        pictures += probe(path.to_str().unwrap(), "v", "stream=nb_read_packets")[0].parse::<u32>().unwrap();
    }
    assert_eq!(pictures, 3 * 7);
}

#[tokio::test]
async fn a_reconnect_plays_through() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "-c:v libx264 -preset ultrafast -bf 0 -g 60 -pix_fmt yuv420p -c:a aac";
    let sessions = [encode(folder.path(), 3, arguments), encode(folder.path(), 3, arguments)];
    let live = publish(folder.path(), Settings::default(), &sessions).await;
    let playlist = std::fs::read_to_string(folder.path().join("media.m3u8")).unwrap();
    assert_eq!(playlist.matches("#EXT-X-DISCONTINUITY\n").count(), 1);
    assert_eq!(probe(&live, "v", "stream=nb_read_packets").last().unwrap(), "180");
}
