//! What a job's settings ask for. The part of MediaConvert's settings that the local one understands; anything else is
//! refused, so that a job never runs with a setting that was silently dropped.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A job, ready to be run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) input: Location,
    /// Seconds of the input that are used.
    pub(super) clip_seconds: Option<f64>,
    pub(super) has_audio: bool,
    pub(super) hls: Vec<HlsGroup>,
    pub(super) captures: Vec<Capture>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) key: String,
}

/// An Apple HLS output group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HlsGroup {
    /// The base of every name.
    pub(super) destination: Location,
    pub(super) segment_seconds: u32,
    pub(super) outputs: Vec<Rendition>,
}

/// One output of an HLS group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendition {
    pub(super) name_modifier: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) max_bitrate: u32,
    pub(super) gop_seconds: f64,
    /// Numerator and denominator; the input's rate when absent.
    pub(super) frame_rate: Option<(u32, u32)>,
    pub(super) audio: Option<Audio>,
}

/// An AAC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Audio {
    pub(super) bitrate: u32,
    pub(super) sample_rate: u32,
}

/// A frame capture output.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Capture {
    pub(super) destination: Location,
    pub(super) name_modifier: String,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Seconds between two captures.
    pub(super) interval: f64,
    pub(super) most: u32,
    pub(super) quality: u32,
}

impl Plan {
    /// Reads `settings` of a CreateJob call.
    ///
    /// # Errors
    /// One sentence about what is missing, wrong or not understood here.
    pub(super) fn new(settings: &Value) -> Result<Self, String> {
        let settings: Settings =
            serde_json::from_value(settings.clone()).map_err(|error| format!("settings: {error}"))?;
        let [input] = settings.inputs.as_slice() else { return Err("one input is expected".into()) };
        let clip_seconds = match input.input_clippings.as_slice() {
            [] => None,
            [Clipping { start_timecode: None, end_timecode }] => {
                Some(parse_timecode(end_timecode).ok_or("endTimecode is HH:MM:SS:FF")?)
            }
            _ => return Err("one clipping from the start is understood here".into()),
        };
        let mut plan = Self {
            input: Location::parse(&input.file_input).ok_or("fileInput is s3://bucket/key")?,
            clip_seconds,
            has_audio: !input.audio_selectors.is_empty(),
            hls: Vec::new(),
            captures: Vec::new(),
        };
        for group in settings.output_groups {
            plan.add(group)?;
        }
        if plan.hls.is_empty() && plan.captures.is_empty() {
            return Err("an output is expected".into());
        }
        Ok(plan)
    }

    fn add(&mut self, group: OutputGroup) -> Result<(), String> {
        match group.output_group_settings {
            GroupSettings { hls_group_settings: Some(hls), file_group_settings: None, .. } => {
                let outputs = group.outputs.into_iter().map(|output| self.rendition(output));
                self.hls.push(HlsGroup {
                    destination: Location::parse(&hls.destination).ok_or("destination is s3://bucket/key")?,
                    segment_seconds: hls.segment_length,
                    outputs: outputs.collect::<Result<_, _>>()?,
                });
            }
            GroupSettings { file_group_settings: Some(file), hls_group_settings: None, .. } => {
                for output in group.outputs {
                    let destination = Location::parse(&file.destination).ok_or("destination is s3://bucket/key")?;
                    self.captures.push(capture(destination, output)?);
                }
            }
            _ => return Err("an output group is HLS_GROUP_SETTINGS or FILE_GROUP_SETTINGS here".into()),
        }
        Ok(())
    }

    fn rendition(&self, output: Output) -> Result<Rendition, String> {
        let h264 = output.video_description.codec_settings.h264_settings.ok_or("h264Settings are expected")?;
        let (width, height) = even_size(output.video_description.width, output.video_description.height)?;
        let audio = match output.audio_descriptions.as_slice() {
            [] => None,
            [description] if self.has_audio => description.codec_settings.aac_settings.as_ref(),
            _ => return Err("one audio description with an audio selector is understood here".into()),
        };
        let name_modifier = output.name_modifier.unwrap_or_default();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '-');
        if !name_modifier.chars().all(plain) || name_modifier.ends_with('/') {
            return Err("a nameModifier is made of letters, digits, '/', '_' and '-' here".into());
        }
        let frame_rate = match h264.framerate_control.as_deref() {
            None | Some("INITIALIZE_FROM_SOURCE") => None,
            Some(_) => h264.framerate_numerator.zip(h264.framerate_denominator),
        };
        Ok(Rendition {
            name_modifier,
            width,
            height,
            max_bitrate: h264.max_bitrate.ok_or("QVBR needs maxBitrate")?,
            gop_seconds: h264.gop_size.unwrap_or(2.0),
            frame_rate,
            audio: audio.map(|aac| Audio { bitrate: aac.bitrate, sample_rate: aac.sample_rate }),
        })
    }
}

fn capture(destination: Location, output: Output) -> Result<Capture, String> {
    let capture = output.video_description.codec_settings.frame_capture_settings;
    let capture = capture.ok_or("a file group holds frame captures here")?;
    let (width, height) = even_size(output.video_description.width, output.video_description.height)?;
    if capture.framerate_numerator == 0 {
        return Err("framerateNumerator is 1 or more".into());
    }
    Ok(Capture {
        destination,
        name_modifier: output.name_modifier.unwrap_or_default(),
        width,
        height,
        interval: f64::from(capture.framerate_denominator) / f64::from(capture.framerate_numerator),
        most: capture.max_captures,
        quality: capture.quality.unwrap_or(80),
    })
}

fn even_size(width: Option<u32>, height: Option<u32>) -> Result<(u32, u32), String> {
    match width.zip(height) {
        Some((width, height)) if width % 2 == 0 && height % 2 == 0 && width >= 32 && height >= 32 => {
            Ok((width, height))
        }
        Some((width, height)) => Err(format!("{width}x{height}: sizes are even and at least 32")),
        None => Err("width and height are expected".into()),
    }
}

/// Seconds of `HH:MM:SS:FF`; the frames are not counted.
fn parse_timecode(text: &str) -> Option<f64> {
    let parts: Vec<u32> = text.split([':', ';']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hours, minutes, seconds, _] = parts.as_slice() else { return None };
    Some(f64::from(hours * 3600 + minutes * 60 + seconds))
}

impl Location {
    /// `s3://bucket/key`.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned() }).filter(|place| !place.key.is_empty())
    }

    /// The object whose key goes on with `more`.
    pub(super) fn join(&self, more: &str) -> Self {
        Self { bucket: self.bucket.clone(), key: format!("{}{more}", self.key) }
    }

    pub(super) fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    #[serde(default, rename = "timecodeConfig")]
    _timecode_config: Option<Value>,
    inputs: Vec<Input>,
    output_groups: Vec<OutputGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    file_input: String,
    /// Both clouds count from zero; ffmpeg turns by the input's own matrix.
    #[serde(default, rename = "timecodeSource")]
    _timecode_source: Option<String>,
    #[serde(default, rename = "videoSelector")]
    _video_selector: Option<Value>,
    #[serde(default)]
    audio_selectors: BTreeMap<String, Value>,
    #[serde(default)]
    input_clippings: Vec<Clipping>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Clipping {
    #[serde(default)]
    start_timecode: Option<String>,
    end_timecode: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OutputGroup {
    #[serde(default, rename = "name")]
    _name: Option<String>,
    output_group_settings: GroupSettings,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupSettings {
    #[serde(rename = "type")]
    _type: String,
    #[serde(default)]
    hls_group_settings: Option<HlsGroupSettings>,
    #[serde(default)]
    file_group_settings: Option<FileGroupSettings>,
}

/// The settings without a use here are those that the local packager always has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HlsGroupSettings {
    destination: String,
    segment_length: u32,
    #[serde(default, rename = "minSegmentLength")]
    _min_segment_length: Option<u32>,
    #[serde(default, rename = "segmentControl")]
    _segment_control: Option<String>,
    #[serde(default, rename = "directoryStructure")]
    _directory_structure: Option<String>,
    #[serde(default, rename = "manifestDurationFormat")]
    _manifest_duration_format: Option<String>,
    #[serde(default, rename = "codecSpecification")]
    _codec_specification: Option<String>,
    #[serde(default, rename = "streamInfResolution")]
    _stream_inf_resolution: Option<String>,
    #[serde(default, rename = "outputSelection")]
    _output_selection: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileGroupSettings {
    destination: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Output {
    #[serde(default)]
    name_modifier: Option<String>,
    #[serde(default, rename = "containerSettings")]
    _container_settings: Option<Value>,
    video_description: VideoDescription,
    #[serde(default)]
    audio_descriptions: Vec<AudioDescription>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VideoDescription {
    width: Option<u32>,
    height: Option<u32>,
    #[serde(default, rename = "scalingBehavior")]
    _scaling_behavior: Option<String>,
    codec_settings: VideoCodecSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VideoCodecSettings {
    #[serde(rename = "codec")]
    _codec: String,
    #[serde(default)]
    h264_settings: Option<H264Settings>,
    #[serde(default)]
    frame_capture_settings: Option<FrameCaptureSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct H264Settings {
    #[serde(default, rename = "rateControlMode")]
    _rate_control_mode: Option<String>,
    #[serde(default, rename = "qvbrSettings")]
    _qvbr_settings: Option<Value>,
    max_bitrate: Option<u32>,
    #[serde(default, rename = "qualityTuningLevel")]
    _quality_tuning_level: Option<String>,
    #[serde(default)]
    gop_size: Option<f64>,
    #[serde(default, rename = "gopSizeUnits")]
    _gop_size_units: Option<String>,
    #[serde(default, rename = "sceneChangeDetect")]
    _scene_change_detect: Option<String>,
    /// Outputs have square pixels here.
    #[serde(default, rename = "parControl")]
    _par_control: Option<String>,
    #[serde(default, rename = "parNumerator")]
    _par_numerator: Option<u32>,
    #[serde(default, rename = "parDenominator")]
    _par_denominator: Option<u32>,
    #[serde(default)]
    framerate_control: Option<String>,
    #[serde(default)]
    framerate_numerator: Option<u32>,
    #[serde(default)]
    framerate_denominator: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FrameCaptureSettings {
    framerate_numerator: u32,
    framerate_denominator: u32,
    max_captures: u32,
    #[serde(default)]
    quality: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AudioDescription {
    #[serde(default, rename = "audioSourceName")]
    _audio_source_name: Option<String>,
    codec_settings: AudioCodecSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AudioCodecSettings {
    #[serde(rename = "codec")]
    _codec: String,
    aac_settings: Option<AacSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AacSettings {
    bitrate: u32,
    #[serde(rename = "codingMode")]
    _coding_mode: String,
    sample_rate: u32,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> Value {
        json!({
            "inputs": [{ "fileInput": "s3://up/a/b.mp4", "inputClippings": [{ "endTimecode": "12:00:00:00" }] }],
            "outputGroups": [{
                "outputGroupSettings": {
                    "type": "HLS_GROUP_SETTINGS",
                    "hlsGroupSettings": { "destination": "s3://media/v/1", "segmentLength": 6, "minSegmentLength": 0 },
                },
                "outputs": [{
                    "nameModifier": "/360p/playlist",
                    "videoDescription": {
                        "width": 640, "height": 360,
                        "codecSettings": { "codec": "H_264", "h264Settings": { "maxBitrate": 1_000_000 } },
                    },
                }],
            }],
        })
    }

    #[test]
    fn settings_become_a_plan() {
        let plan = Plan::new(&settings()).unwrap();
        assert_eq!(plan.input, Location { bucket: "up".into(), key: "a/b.mp4".into() });
        assert_eq!(plan.clip_seconds, Some(43_200.0));
        let output = &plan.hls[0].outputs[0];
        assert_eq!(plan.hls[0].destination.join(&output.name_modifier).url(), "s3://media/v/1/360p/playlist");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let mut unknown = settings();
        unknown["adAvailOffset"] = json!(1);
        assert!(Plan::new(&unknown).unwrap_err().contains("adAvailOffset"));
        let mut odd = settings();
        odd["outputGroups"][0]["outputs"][0]["videoDescription"]["width"] = json!(641);
        assert!(Plan::new(&odd).unwrap_err().contains("even"));
        let mut elsewhere = settings();
        elsewhere["inputs"][0]["fileInput"] = json!("http://example.org/a.mp4");
        assert!(Plan::new(&elsewhere).unwrap_err().contains("s3://"));
    }
}
