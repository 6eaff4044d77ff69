import { strFromU8, unzipSync } from "fflate";
import { expect, test } from "vitest";
import { folderOf, obsFiles, obsZip } from "./obs";

const encoder = { profile: "Skylark Ana", server: "rtmps://example.org:443/app/", key: 'sk_"1"' };

test("a profile is a folder with the three files that OBS imports", () => {
  const files = obsFiles(encoder);
  expect(Object.keys(files)).toEqual([
    "Skylark Ana/basic.ini",
    "Skylark Ana/service.json",
    "Skylark Ana/streamEncoder.json",
  ]);
  expect(JSON.parse(files["Skylark Ana/service.json"] ?? "")).toEqual({
    type: "rtmp_custom",
    settings: { server: encoder.server, key: encoder.key, use_auth: false },
  });
  expect(JSON.parse(files["Skylark Ana/streamEncoder.json"] ?? "")).toMatchObject({
    bitrate: 3500,
    keyint_sec: 2,
    rate_control: "CBR",
  });
});

test("basic.ini names the profile, and the mode in which OBS reads the encoder's settings", () => {
  const ini = obsFiles(encoder)["Skylark Ana/basic.ini"] ?? "";
  expect(ini).toContain("[General]\nName=Skylark Ana\n");
  expect(ini).toContain("[Output]\nMode=Advanced\n");
  expect(ini).toContain("OutputCX=1280\nOutputCY=720\nFPSType=0\nFPSCommon=30\n");
  expect(ini).toContain("Track1Bitrate=160\n");
});

test("a channel's name can neither leave its folder nor add a line", () => {
  const profile = "../../a\n[AdvOut]\nEncoder=x\u2028\\b:*?";
  expect(folderOf(profile)).toBe("a AdvOut Encoder x b");
  const ini = Object.values(obsFiles({ ...encoder, profile }))[0] ?? "";
  expect(ini.split("\n").filter((line) => line === "[AdvOut]")).toHaveLength(1);
  expect(ini).not.toContain("Encoder=x\n");
  expect(folderOf("///")).toBe("Skylark");
  expect(folderOf("ü".repeat(200))).toHaveLength(60);
});

test("the zip unpacks to the same files", async () => {
  const zip = await obsZip(encoder);
  const reader = new FileReader();
  const bytes = await new Promise<ArrayBuffer>((resolve) => {
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.readAsArrayBuffer(zip);
  });
  const unpacked = Object.entries(unzipSync(new Uint8Array(bytes)));
  expect(Object.fromEntries(unpacked.map(([path, data]) => [path, strFromU8(data)]))).toEqual(
    obsFiles(encoder),
  );
});
