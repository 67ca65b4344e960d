import { cx } from "class-variance-authority";
import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
}

/** Not modal: Radix would write a style element to stop scrolling, which the page's policy forbids. No portal: the menu
 * stays inside the landmark of its button. */
export function Menu({ trigger, children, align = "end" }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Content
        align={align}
        sideOffset={4}
        collisionPadding={8}
        className="arrive z-50 min-w-44 rounded-lg border border-line bg-raised p-1 shadow-float focus:outline-none"
      >
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}

const item =
  "flex h-8 w-full items-center gap-2 rounded-md px-2 text-sm text-ink outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover";

export function MenuItem({ className, danger, ...rest }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) {
  return <Radix.Item className={cx(item, danger && "text-bad data-highlighted:bg-bad-wash", className)} {...rest} />;
}

export const MenuSeparator = () => <Radix.Separator className="my-1 h-px bg-line" />;
export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 py-1 text-xs text-faint">{children}</Radix.Label>
);
