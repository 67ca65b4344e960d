import { MapPinOff } from "lucide-react";
import { Link } from "react-router";
import { useTitle } from "../app/title.ts";
import { Empty, PageHead } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";

export default function NotFound() {
  useTitle("Not found");
  return (
    <>
      <PageHead title="There is no such page" />
      <Empty icon={MapPinOff} title="The address names none of the pages">
        <Button asChild className="mt-3">
          <Link to="/">Go to the overview</Link>
        </Button>
      </Empty>
    </>
  );
}
