import { type ReactNode, useState } from 'react';

/**
 * A part of the page that costs a request of its own and few need: it is asked for when it is opened. An address with `#name` opens it.
 */
export function Fold({
  name,
  title,
  hint,
  children,
}: {
  name: string;
  title: string;
  hint: string;
  children: () => ReactNode;
}) {
  const [isOpen, setOpen] = useState(() => window.location.hash === `#${name}`);
  return (
    <section className="panel" aria-labelledby={name}>
      <details className="fold" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <h2 id={name}>{title}</h2>
          <span className="quiet">{hint}</span>
        </summary>
        {isOpen ? <div className="stack">{children()}</div> : null}
      </details>
    </section>
  );
}
