import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useSearchParams } from "react-router";
import { quoted, request } from "../../lib/api.ts";
import { isConflict } from "../../lib/conflict.ts";
import { queries } from "../../lib/queries.ts";
import type { CommitResult, Context } from "../../lib/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice, Problem } from "../../ui/notice.tsx";
import { useToast } from "../../ui/toast.tsx";

/** Open while `version` names one. */
export function Restore({ context, version, onClose }: { context: Context; version: string; onClose: () => void }) {
  const [message, setMessage] = useState("");
  const [, setParams] = useSearchParams();
  const versions = useQuery({ ...queries.versions(context.id), enabled: version !== "" });
  const client = useQueryClient();
  const toast = useToast();
  const number = versions.data?.find((one) => one.version === version)?.number;
  const restore = useMutation({
    mutationFn: () =>
      request<CommitResult>(`/contexts/${context.id}/restore`, {
        method: "POST",
        body: { version, message: message.trim() || undefined },
        headers: { "If-Match": quoted(context.version) },
      }),
    onSuccess: (done) => {
      toast.done(done.unchanged ? "It is the same as the current one already" : `Restored as version ${done.number}`);
      setMessage("");
      onClose();
      setParams({});
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["context", context.id] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    restore.mutate();
  };
  return (
    <Dialog
      open={version !== ""}
      onOpenChange={(open) => {
        if (open) return;
        restore.reset();
        onClose();
      }}
      title={`Restore version ${number ?? ""}?`}
      description="Its content, type, title and metadata come back as a new version. Tags and relations stay as they are, and the versions between stay in the history."
    >
      <form onSubmit={submit} className="space-y-4 px-5 pt-3 pb-5">
        <Field label="Message" id="restore-message" hint="Why; optional">
          <Input id="restore-message" aria-describedby="restore-message-note" value={message} onChange={(event) => setMessage(event.target.value)} />
        </Field>
        {restore.isError &&
          (isConflict(restore.error) ? (
            <Notice tone="warn" title="Somebody saved another version meanwhile">
              The page now shows it. Look at it, then restore again if that is still what you want.
            </Notice>
          ) : (
            <Problem error={restore.error} doing="Restoring" />
          ))}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" disabled={restore.isPending}>
            <RotateCcw size={14} /> Restore
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
