import type { ReactNode } from "react";

type Props = { picture?: string | null | undefined; children: ReactNode };

/** Words where there is no moving picture; over `picture` where there is one. */
export function Board({ picture, children }: Props) {
  return (
    <div className="relative grid aspect-video w-full place-items-center overflow-hidden bg-black text-white">
      {picture && (
        <img src={picture} alt="" className="absolute inset-0 size-full object-cover opacity-30 blur-sm" />
      )}
      <div className="relative flex flex-col items-center gap-3 p-6 text-center">{children}</div>
    </div>
  );
}
