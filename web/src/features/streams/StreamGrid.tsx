import { CardGrid, type SectionProps } from "../../ui/CardGrid";
import { StreamCard } from "./StreamCard";
import { type StreamsQuery, useStreams } from "./useStreams";

type Props = SectionProps & {
  query: StreamsQuery;
  /** All of one person: the cards do not say who. */
  hidesOwner?: boolean;
};

/** Streams of one kind, kept fresh. */
export function StreamGrid({ query, hidesOwner = false, ...rest }: Props) {
  return (
    <CardGrid list={useStreams(query)} {...rest}>
      {(stream) => <StreamCard stream={stream} hidesOwner={hidesOwner} />}
    </CardGrid>
  );
}
