import { CardGrid, type SectionProps } from "../../ui/CardGrid";
import { useVideos, type VideoQuery } from "./useVideos";
import { VideoCard } from "./VideoCard";

type Props = SectionProps & {
  query: VideoQuery;
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
