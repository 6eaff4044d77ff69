import type { ReactNode } from "react";
import { CardGrid } from "../../ui/CardGrid";
import { useVideos, type VideoQuery } from "./useVideos";
import { VideoCard } from "./VideoCard";

type Props = {
  title: string;
  query: VideoQuery;
  empty?: ReactNode;
  actions?: ReactNode;
  isShort?: boolean;
  /** All of one person: the cards do not say who. */
  hidesOwner?: boolean;
};

/** Videos of one kind. */
export function VideoGrid({ query, hidesOwner = false, ...rest }: Props) {
  return (
    <CardGrid list={useVideos(query)} {...rest}>
      {(video) => <VideoCard video={video} hidesOwner={hidesOwner} />}
    </CardGrid>
  );
}
