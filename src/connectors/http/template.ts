import { syntaxFault } from './syntax-fault.js';

/** A place in a request that is filled in: from a closed list of names, never code. */
export const PLACEHOLDERS = ['limit', 'offset', 'page', 'cursor', 'since', 'id', 'session'] as const;
/** Names with a second part: an auth value, an option, a value of `each`, a part of a composite id. */
export const PLACEHOLDER_GROUPS = ['auth', 'options', 'each', 'id'] as const;

export type PlaceholderValues = Readonly<Record<string, string | number | null>>;

type Part = { text: string } | { name: string };

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const NAME = new RegExp(
  `^(?:${PLACEHOLDERS.join('|')}|(?:${PLACEHOLDER_GROUPS.join('|')})\\.[A-Za-z][A-Za-z0-9_]{0,62})$`,
);

/** What of an upstream may stand inside a longer text, such as a query: nothing that could end a quotation there. */
const HARMLESS = /^[\w.:+-]{1,512}$/;

/** A value of an upstream cannot be put where the manifest wants it. */
export class TemplateValueError extends Error {}

/** A text with placeholders. What is put in is never read for placeholders again. */
export class Template {
  private readonly parts: readonly Part[];

  /** @throws SyntaxError for what {@link templateFault} names */
  constructor(readonly source: string) {
    this.parts = parse(source);
  }

  /** The names in it, in their order. */
  get names(): string[] {
    return this.parts.flatMap((part) => ('name' in part ? [part.name] : []));
  }

  /** The only thing in it is this placeholder; null when there is more. */
  get soleName(): string | null {
    const [part, ...more] = this.parts;
    return part !== undefined && 'name' in part && more.length === 0 ? part.name : null;
  }

  /**
   * The text; a value that stands alone keeps its type, and is null where there is none.
   * @throws TemplateValueError when a value of the upstream cannot stand inside a longer text
   */
  value(values: PlaceholderValues): string | number | null {
    const { soleName } = this;
    return soleName === null ? this.text(values) : (values[soleName] ?? null);
  }

  /** As text throughout. @throws TemplateValueError */
  text(values: PlaceholderValues): string {
    const { soleName } = this;
    if (soleName !== null) return String(values[soleName] ?? '');
    return this.parts.map((part) => ('text' in part ? part.text : withinText(part.name, values))).join('');
  }

  /** Each value as one segment's text of a path, as `encode` makes it. */
  path(values: PlaceholderValues, encode: (value: string) => string): string {
    return this.parts
      .map((part) => ('text' in part ? part.text : encode(String(values[part.name] ?? ''))))
      .join('');
  }
}

/** Why a text cannot be used as a template; null when it can. */
export function templateFault(source: string): string | null {
  return syntaxFault(() => parse(source));
}

function withinText(name: string, values: PlaceholderValues): string {
  const value = String(values[name] ?? '');
  const isUpstreams = name === 'cursor' || name === 'id' || name.startsWith('id.');
  if (isUpstreams && !HARMLESS.test(value))
    throw new TemplateValueError(
      `{{${name}}} with other characters than letters, digits and _ . : + - stays out of a text`,
    );
  return value;
}

function parse(source: string): Part[] {
  if (source.includes('${'))
    throw new SyntaxError(
      'a manifest takes nothing from the environment: write {{auth.name}} or {{options.name}}',
    );
  const parts: Part[] = [];
  let at = 0;
  for (const match of source.matchAll(PLACEHOLDER)) {
    const name = match[1]!.trim();
    if (!NAME.test(name))
      throw new SyntaxError(
        `unknown placeholder; there are ${PLACEHOLDERS.join(', ')}, auth.NAME, options.NAME, each.NAME and id.PART`,
      );
    if (match.index > at) parts.push({ text: source.slice(at, match.index) });
    parts.push({ name });
    at = match.index + match[0].length;
  }
  if (at < source.length) parts.push({ text: source.slice(at) });
  if (parts.some((part) => 'text' in part && part.text.includes('{{')))
    throw new SyntaxError('a placeholder is not closed, or holds braces');
  return parts;
}
