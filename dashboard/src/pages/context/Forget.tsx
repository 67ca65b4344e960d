import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { request } from "../../lib/api.ts";
import { plural } from "../../lib/format.ts";
import type { Context } from "../../lib/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Problem } from "../../ui/notice.tsx";
import { useToast } from "../../ui/toast.tsx";

interface ForgetProps {
  context: Context;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function Forget({ context, open, onOpenChange }: ForgetProps) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const client = useQueryClient();
  const toast = useToast();
  const word = context.title.trim() || context.id;
  const forget = useMutation({
    mutationFn: () => request(`/contexts/${context.id}`, { method: "DELETE" }),
    onSuccess: () => {
      client.removeQueries({ queryKey: ["context", context.id] });
      void client.invalidateQueries({ queryKey: ["contexts"] });
      toast.done("Forgotten");
      void navigate("/history");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === word) forget.mutate();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => {
        setTyped("");
        forget.reset();
        onOpenChange(to);
      }}
      title="Forget this context?"
      description={`Its ${plural(context.versions, "version")}, its index entries and the blocks that nothing else uses are removed from this store. This cannot be undone.`}
    >
      <form onSubmit={submit} className="space-y-4 overflow-y-auto px-5 pt-3 pb-5">
        {context.incoming.length > 0 && <p className="text-sm text-warn">{plural(context.incoming.length, "relation")} of other contexts will point at nothing.</p>}
        <Field
          label="To confirm, type its title"
          id="confirm"
          hint={
            <>
              It is: <code className="clip-words font-mono text-ink">{word}</code>
            </>
          }
        >
          <Input id="confirm" autoComplete="off" spellCheck={false} aria-describedby="confirm-note" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        {forget.isError && <Problem error={forget.error} doing="Forgetting" />}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={() => onOpenChange(false)}>
            Cancel
          </Button>
          <Button type="submit" variant="danger" disabled={typed.trim() !== word || forget.isPending}>
            <Trash2 size={14} /> {forget.isPending ? "Forgetting…" : "Forget it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
