import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './icons';

interface MenuProps {
  label: string;
  icon?: IconName;
  /** What is in it; `close` ends it and gives the focus back. */
  children: (close: () => void) => ReactNode;
}

/** A button and a panel below it. Escape, a click beside it or leaving it with the tab key closes the panel. */
export function Menu({ label, icon, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    const onPointer = (event: PointerEvent) => {
      if (root.current?.contains(event.target as Node) === false) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);
  return (
    <div
      ref={root}
      className="menu"
      onKeyDown={(event) => {
        if (!isOpen || event.key !== 'Escape') return;
        event.stopPropagation();
        close();
      }}
      onBlur={(event) => {
        // nobody has the focus for a moment when a page goes away
        if (event.relatedTarget !== null && root.current?.contains(event.relatedTarget) === false)
          setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {icon ? <Icon name={icon} /> : null}
        {label}
        <Icon name="down" size={12} />
      </button>
      {isOpen ? (
        <div id={id} className="menu-panel">
          {children(close)}
        </div>
      ) : null}
    </div>
  );
}
