//! An order as a job's settings.

use aws_sdk_mediaconvert::types::{
    AacCodingMode, AacSettings, AudioCodec, AudioCodecSettings, AudioDefaultSelection, AudioDescription, AudioSelector,
    ContainerSettings, ContainerType, FileGroupSettings, FrameCaptureSettings, H264FramerateControl, H264GopSizeUnits,
    H264ParControl, H264QualityTuningLevel, H264QvbrSettings, H264RateControlMode, H264SceneChangeDetect, H264Settings,
    HlsCodecSpecification, HlsDirectoryStructure, HlsGroupSettings, HlsManifestDurationFormat, HlsOutputSelection,
    HlsSegmentControl, HlsStreamInfResolution, Input, InputClipping, InputRotate, InputTimecodeSource, JobSettings,
    Output, OutputGroup, OutputGroupSettings, OutputGroupType, ScalingBehavior, TimecodeConfig, TimecodeSource,
    VideoCodec, VideoCodecSettings, VideoDescription, VideoSelector,
};
use skylark_domain::video::Places;
use skylark_domain::video::ladder::{MAX_THUMBNAILS, Rendition};
use skylark_domain::video::transcoding::Order;

/// Seconds of a segment.
const SEGMENT_SECONDS: i32 = 6;
/// Seconds from key frame to key frame: segments begin with one.
const GOP_SECONDS: f64 = 2.0;
const AUDIO_BITRATE: i32 = 96_000;
const AUDIO_SAMPLE_RATE: i32 = 48_000;
const AUDIO: &str = "Audio Selector 1";

pub(super) fn of(order: &Order, places: &Places) -> JobSettings {
    let media = |key: &str| format!("s3://{}/{key}", places.media_bucket);
    JobSettings::builder()
        .timecode_config(TimecodeConfig::builder().source(TimecodeSource::Zerobased).build())
        .inputs(input(order, places))
        .output_groups(hls_group(order, media(&order.base)))
        .output_groups(thumbnail_group(order, media(&order.thumbnail_base)))
        .build()
}

fn input(order: &Order, places: &Places) -> Input {
    let input = Input::builder()
        .file_input(format!("s3://{}/{}", places.upload_bucket, order.source_key))
        .timecode_source(InputTimecodeSource::Zerobased)
        .video_selector(VideoSelector::builder().rotate(InputRotate::Auto).build())
        // The bill is bounded, whatever the file says about its length.
        .input_clippings(InputClipping::builder().end_timecode(timecode(order.clip_seconds)).build());
    let input = if order.has_audio {
        input.audio_selectors(AUDIO, AudioSelector::builder().default_selection(AudioDefaultSelection::Default).build())
    } else {
        input
    };
    input.build()
}

fn timecode(seconds: u64) -> String {
    // Timecodes end with the day.
    let seconds = seconds.min(24 * 3600 - 1);
    format!("{:02}:{:02}:{:02}:00", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn hls_group(order: &Order, destination: String) -> OutputGroup {
    let hls = HlsGroupSettings::builder()
        .destination(destination)
        .segment_length(SEGMENT_SECONDS)
        .min_segment_length(0)
        .segment_control(HlsSegmentControl::SegmentedFiles)
        .directory_structure(HlsDirectoryStructure::SingleDirectory)
        .manifest_duration_format(HlsManifestDurationFormat::FloatingPoint)
        .codec_specification(HlsCodecSpecification::Rfc4281)
        .stream_inf_resolution(HlsStreamInfResolution::Include)
        .output_selection(HlsOutputSelection::ManifestsAndSegments);
    let group = OutputGroup::builder().name("hls").output_group_settings(
        OutputGroupSettings::builder()
            .r#type(OutputGroupType::HlsGroupSettings)
            .hls_group_settings(hls.build())
            .build(),
    );
    order.renditions.iter().fold(group, |group, one| group.outputs(rendition(order, one))).build()
}

fn rendition(order: &Order, rendition: &Rendition) -> Output {
    let h264 = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Qvbr)
        .qvbr_settings(H264QvbrSettings::builder().qvbr_quality_level(7).build())
        .max_bitrate(rendition.max_bitrate.cast_signed())
        .quality_tuning_level(H264QualityTuningLevel::SinglePass)
        .gop_size(GOP_SECONDS)
        .gop_size_units(H264GopSizeUnits::Seconds)
        .scene_change_detect(H264SceneChangeDetect::TransitionDetection)
        // The order counts in square pixels; the source's own would stretch the picture once more.
        .par_control(H264ParControl::Specified)
        .par_numerator(1)
        .par_denominator(1);
    let h264 = match order.frame_rate {
        Some(rate) => h264
            .framerate_control(H264FramerateControl::Specified)
            .framerate_numerator(rate.cast_signed())
            .framerate_denominator(1),
        None => h264.framerate_control(H264FramerateControl::InitializeFromSource),
    };
    let codec = VideoCodecSettings::builder().codec(VideoCodec::H264).h264_settings(h264.build()).build();
    let output = Output::builder()
        .name_modifier(format!("/{}/playlist", rendition.label))
        .container_settings(ContainerSettings::builder().container(ContainerType::M3U8).build())
        .video_description(picture(rendition.width, rendition.height, codec));
    if order.has_audio { output.audio_descriptions(sound()).build() } else { output.build() }
}

fn picture(width: u32, height: u32, codec: VideoCodecSettings) -> VideoDescription {
    VideoDescription::builder()
        .width(width.cast_signed())
        .height(height.cast_signed())
        // The order keeps the shape but for rounding to even sides, which must not become a black line.
        .scaling_behavior(ScalingBehavior::StretchToOutput)
        .codec_settings(codec)
        .build()
}

fn sound() -> AudioDescription {
    let aac = AacSettings::builder()
        .bitrate(AUDIO_BITRATE)
        .coding_mode(AacCodingMode::CodingMode20)
        .sample_rate(AUDIO_SAMPLE_RATE)
        .build();
    AudioDescription::builder()
        .audio_source_name(AUDIO)
        .codec_settings(AudioCodecSettings::builder().codec(AudioCodec::Aac).aac_settings(aac).build())
        .build()
}

fn thumbnail_group(order: &Order, destination: String) -> OutputGroup {
    let capture = FrameCaptureSettings::builder()
        .framerate_numerator(1)
        .framerate_denominator(i32::try_from(order.thumbnail_interval).unwrap_or(i32::MAX))
        .max_captures(MAX_THUMBNAILS.cast_signed())
        .quality(80)
        .build();
    let codec = VideoCodecSettings::builder().codec(VideoCodec::FrameCapture).frame_capture_settings(capture).build();
    let (width, height) = order.thumbnail_size;
    let output = Output::builder()
        .container_settings(ContainerSettings::builder().container(ContainerType::Raw).build())
        .video_description(picture(width, height, codec));
    OutputGroup::builder()
        .name("thumbnails")
        .output_group_settings(
            OutputGroupSettings::builder()
                .r#type(OutputGroupType::FileGroupSettings)
                .file_group_settings(FileGroupSettings::builder().destination(destination).build())
                .build(),
        )
        .outputs(output.build())
        .build()
}
