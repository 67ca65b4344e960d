import { cva, cx, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent-fill text-white hover:bg-accent-fill-hover",
        outline: "border border-line-strong/70 bg-raised text-ink hover:bg-hover",
        ghost: "text-soft hover:bg-hover hover:text-ink aria-pressed:bg-hover aria-pressed:text-ink",
        danger: "bg-bad-fill text-white hover:brightness-110",
        "danger-ghost": "text-bad hover:bg-bad-wash",
      },
      size: {
        sm: "h-7 px-2.5 text-xs",
        md: "h-8 px-3 text-sm",
        lg: "h-9 px-4 text-base",
        icon: "size-8",
        "icon-sm": "size-7",
      },
    },
    defaultVariants: { variant: "outline", size: "md" },
  },
);

export type ButtonProps = ComponentProps<"button"> & VariantProps<typeof look> & { asChild?: boolean };

export function Button({ className, variant, size, asChild, ...rest }: ButtonProps) {
  const Tag = asChild ? Slot.Root : "button";
  return <Tag {...(asChild ? {} : { type: "button" as const })} className={cx(look({ variant, size }), className)} {...rest} />;
}
