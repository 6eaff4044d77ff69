import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client";
import { dataOf } from "../../api/query";
import { setSession } from "../../lib/session";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { toast } from "../../ui/Toasts";

const t = texts.auth.settings;

/** Ends all sessions of the account, this one too. */
export function LogOutEverywhere() {
  const navigate = useNavigate();
  const [isAsked, setIsAsked] = useState(false);
  const leaving = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/auth/logout-all")),
    onSuccess: async () => {
      toast(t.isEverywhere);
      await navigate({ to: "/" });
      setSession(null);
    },
  });
  return (
    <>
      {leaving.error && (
        <p role="alert" className="text-bad">
          {leaving.error.message}
        </p>
      )}
      <Button kind="danger" className="self-start" onClick={() => setIsAsked(true)}>
        {t.everywhere}
      </Button>
      {isAsked && (
        <Confirm
          title={t.everywhereTitle}
          yes={t.everywhere}
          no={texts.common.cancel}
          onYes={() => leaving.mutate()}
          onClose={() => setIsAsked(false)}
        >
          <p>{t.everywhereWords}</p>
        </Confirm>
      )}
    </>
  );
}
