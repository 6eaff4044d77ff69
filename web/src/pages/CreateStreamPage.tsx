import { useNavigate } from "@tanstack/react-router";
import { StreamForm } from "../features/streams/StreamForm";
import { texts } from "../lib/texts";
import { Card } from "../ui/Card";
import { Page } from "../ui/Page";

export default function CreateStreamPage() {
  const navigate = useNavigate();
  return (
    <Page title={texts.streams.create} width="narrow">
      <Card>
        <StreamForm
          onSaved={({ id }) =>
            navigate({ to: "/streams/$streamId/broadcast", params: { streamId: id }, replace: true })
          }
        />
      </Card>
    </Page>
  );
}
