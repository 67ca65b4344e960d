export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent-fill" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinejoin="round" strokeLinecap="round">
        <path d="M16 6.5 24.5 11 16 15.5 7.5 11Z" />
        <path d="M7.5 16 16 20.5 24.5 16" opacity=".8" />
        <path d="M7.5 21 16 25.5 24.5 21" opacity=".55" />
      </g>
    </svg>
  );
}
