import { useState } from 'react';
import { Icon } from './icons';
import { announce } from './toasts';

/** Puts text on the clipboard and says so. */
export function CopyButton({
  text,
  label,
  what,
}: {
  text: string | (() => string);
  label?: string;
  what: string;
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      setCopied(true);
      announce(`Copied ${what}`);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
      // no permission, or a page that did not come over https
      announce(`The browser does not let this page copy ${what}`, 'error');
    }
  };
  return (
    <button
      type="button"
      className={label ? 'button' : 'button button-icon'}
      onClick={() => void copy()}
      {...(label ? {} : { 'aria-label': `Copy ${what}`, title: `Copy ${what}` })}
    >
      <Icon name={isCopied ? 'check' : 'copy'} />
      {label}
    </button>
  );
}
