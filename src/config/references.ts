/** Where references in the configuration get their values. Both throw nothing: an absence is a fault with a place. */
export interface ReferenceSources {
  env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws what `fs.readFileSync` throws. */
  readFile: (path: string) => string;
}

export interface Resolved {
  text: string;
  /** Without any value in them: what a reference names may be a secret. */
  faults: string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const FILE = /^file:(.+)$/s;
const SYNTAX = 'a reference is ${NAME}, ${NAME:-default} or ${file:/path}; write $${ for a literal ${';

/**
 * Replaces `${NAME}`, `${NAME:-default}` (unset or empty, as in a shell) and `${file:/path}` (one trailing newline trimmed) in one
 * scalar of the file; `$${` is a literal `${`. What is put in is never read for references again.
 */
export function resolveReferences(text: string, sources: ReferenceSources): Resolved {
  const faults: string[] = [];
  const resolved = text.replace(REFERENCE, (match, body: string | undefined, close: string) => {
    if (body === undefined) return '${';
    const value = close === '' || body.includes('${') ? SYNTAX_FAULT : lookUp(body, sources);
    if (typeof value === 'string') return value;
    faults.push(value.fault);
    return match;
  });
  return { text: resolved, faults };
}

type LookUp = string | { fault: string };
const SYNTAX_FAULT: LookUp = { fault: SYNTAX };

function lookUp(reference: string, { env, readFile }: ReferenceSources): LookUp {
  const path = FILE.exec(reference)?.[1];
  if (path !== undefined) return fromFile(path, readFile);
  const [, name, fallback] = VARIABLE.exec(reference) ?? [];
  if (name === undefined) return SYNTAX_FAULT;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
  return value ?? { fault: `the environment variable ${name} is not set` };
}

function fromFile(path: string, readFile: ReferenceSources['readFile']): LookUp {
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    return {
      fault: `cannot read the file ${path} (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`,
    };
  }
}
