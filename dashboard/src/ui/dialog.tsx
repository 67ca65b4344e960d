import { cx } from "class-variance-authority";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
  hideTitle?: boolean;
  onOpenAutoFocus?: (event: Event) => void;
}

/** Radix's own overlay would write a style element to stop scrolling, which the page's policy forbids; a plain layer
 * does, because only inner boxes of this page scroll. */
const Layer = () => <div aria-hidden className="fixed inset-0 z-40 bg-shade" />;

export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, children, className, hideTitle, onOpenAutoFocus } = props;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Layer />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          {...(onOpenAutoFocus ? { onOpenAutoFocus } : {})}
          className={cx(
            "arrive fixed top-[10vh] left-1/2 z-50 flex max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-xl border border-line bg-raised shadow-float focus:outline-none",
            className ?? "max-w-md",
          )}
        >
          <div className={hideTitle ? "sr-only" : "flex items-start gap-3 px-5 pt-4 pb-1"}>
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold tracking-tight">{title}</Radix.Title>
              {description && <Radix.Description className="mt-0.5 text-sm text-soft">{description}</Radix.Description>}
            </div>
            {!hideTitle && (
              <Radix.Close asChild>
                <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mr-2">
                  <X size={15} />
                </Button>
              </Radix.Close>
            )}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** From the left edge: the navigation on a phone. */
export function Sheet({ open, onOpenChange, title, children }: Omit<DialogProps, "description" | "className">) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Layer />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-72 max-w-[85vw] border-r border-line bg-panel shadow-float focus:outline-none"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
