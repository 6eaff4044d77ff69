// A profile for OBS Studio: what its menu Profile, Import takes is a folder with these files. basic.ini must be there;
// streamEncoder.json is read in the output mode "Advanced" only, and without it the encoder chooses its key frames itself.
import type { Zippable } from "fflate";

type Encoder = { profile: string; server: string; key: string };

/** A name that every file system takes as a folder. */
export function folderOf(profile: string): string {
  const plain = profile
    .replaceAll(/[^\p{L}\p{N} _-]+/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain.slice(0, 60).trim() || "Skylark";
}

/** The value of an ini line; one line in any case. */
function line(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

const SECTIONS = {
  Output: { Mode: "Advanced" },
  AdvOut: {
    Encoder: "obs_x264",
    ApplyServiceSettings: "true",
    TrackIndex: "1",
    Track1Bitrate: "160",
    RescaleFilter: "0",
  },
  Video: {
    BaseCX: "1920",
    BaseCY: "1080",
    OutputCX: "1280",
    OutputCY: "720",
    FPSType: "0",
    FPSCommon: "30",
  },
  Audio: { SampleRate: "48000", ChannelSetup: "Stereo" },
};

/** 3,500 kbit/s with a key frame every 2 seconds: what players like, and most uplinks can carry. */
const ENCODER = {
  rate_control: "CBR",
  bitrate: 3500,
  keyint_sec: 2,
  preset: "veryfast",
  profile: "high",
  bf: 2,
};

/** The files of a profile, in their folder. */
export function obsFiles({ profile, server, key }: Encoder): Record<string, string> {
  const sections = Object.entries({ General: { Name: line(profile) }, ...SECTIONS });
  const ini = sections.map(([name, values]) => {
    const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`);
    return [`[${name}]`, ...lines, ""].join("\n");
  });
  const service = { type: "rtmp_custom", settings: { server, key, use_auth: false } };
  const folder = folderOf(profile);
  return {
    [`${folder}/basic.ini`]: ini.join("\n"),
    [`${folder}/service.json`]: JSON.stringify(service, null, 2),
    [`${folder}/streamEncoder.json`]: JSON.stringify(ENCODER, null, 2),
  };
}

/** The same as one file. */
export async function obsZip(encoder: Encoder): Promise<Blob> {
  const { strToU8, zipSync } = await import("fflate");
  const files: Zippable = {};
  for (const [path, text] of Object.entries(obsFiles(encoder))) files[path] = strToU8(text);
  return new Blob([new Uint8Array(zipSync(files))], { type: "application/zip" });
}
