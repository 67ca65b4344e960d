import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

export const TipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={350}>{children}</Radix.Provider>
);

export function Tip({ text, children, keys }: { text: ReactNode; children: ReactNode; keys?: string }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={5}
          collisionPadding={8}
          className="z-50 flex max-w-xs items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-float"
        >
          {text}
          {keys && <kbd className="font-mono text-2xs opacity-70">{keys}</kbd>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
