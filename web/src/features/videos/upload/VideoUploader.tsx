import { texts } from "../../../lib/texts";
import { addFiles } from "./commands";
import { DropZone } from "./DropZone";
import { isUnfinished, useUploads } from "./store";
import { UnfinishedUploads } from "./UnfinishedUploads";
import { UploadCard } from "./UploadCard";

const words = texts.videos.upload;

/** Takes files and sends them one after the other; what was left unfinished can be gone on with. */
export function VideoUploader() {
  const uploads = useUploads();
  return (
    <div className="flex flex-col gap-6">
      <DropZone onFiles={addFiles} />
      <UnfinishedUploads />
      {uploads.some(isUnfinished) && <p className="text-quiet text-sm">{words.leaving}</p>}
      {uploads.length > 0 && (
        <ul aria-label={words.list} className="flex flex-col gap-4">
          {uploads.map((upload) => (
            <li key={upload.id}>
              <UploadCard upload={upload} isOpen={uploads.length === 1} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
