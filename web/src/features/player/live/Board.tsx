import type { ReactNode } from "react";
import type { Fit } from "../controls/Stage";

type Props = { fit: Fit; picture?: string | null | undefined; children: ReactNode };

const FITS: Record<Fit, string> = { page: "aspect-video max-h-[calc(100dvh-9rem)]", frame: "h-full" };

/** Words where there is no moving picture; over `picture` where there is one. */
export function Board({ fit, picture, children }: Props) {
  return (
    <div
      className={`scheme-dark relative grid w-full place-items-center overflow-hidden bg-black text-white ${FITS[fit]}`}
    >
      {picture && (
        <img
          src={picture}
          alt=""
          className="absolute inset-0 size-full scale-105 object-cover opacity-30 blur-sm"
        />
      )}
      <div className="relative flex flex-col items-center gap-3 p-6 text-center">{children}</div>
    </div>
  );
}
