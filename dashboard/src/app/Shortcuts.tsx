import type { ReactNode } from "react";
import { Kbd } from "../ui/bits.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { onMac } from "./keys.ts";
import { pages } from "./pages.ts";

function Row({ keys, children }: { keys: string[]; children: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-4 py-1">
      <dt className="text-sm text-soft">{children}</dt>
      <dd className="flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </dd>
    </div>
  );
}

export function Shortcuts({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" className="max-w-2xl">
      <div className="grid gap-x-10 gap-y-4 overflow-y-auto px-5 pt-2 pb-5 sm:grid-cols-2">
        <section>
          <h3 className="mb-1 text-xs font-medium text-faint">Everywhere</h3>
          <dl>
            <Row keys={[onMac ? "⌘" : "Ctrl", "K"]}>Find or do anything</Row>
            <Row keys={["/"]}>The same</Row>
            <Row keys={["n"]}>New context</Row>
            <Row keys={["j"]}>Next row of a list</Row>
            <Row keys={["k"]}>Row before</Row>
            <Row keys={["Enter"]}>Open the row</Row>
            <Row keys={["t"]}>Light or dark</Row>
            <Row keys={["?"]}>This help</Row>
            <Row keys={["Esc"]}>Close</Row>
            <Row keys={[onMac ? "⌘" : "Ctrl", "Enter"]}>Save what is being written</Row>
          </dl>
        </section>
        <section>
          <h3 className="mb-1 text-xs font-medium text-faint">Go to</h3>
          <dl>
            {pages.map((page) => (
              <Row key={page.path} keys={["g", page.go]}>
                {page.name}
              </Row>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
