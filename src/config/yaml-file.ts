import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Node,
  Pair,
  parseDocument,
  Scalar,
  YAMLError,
} from 'yaml';
import { ReferenceSources, resolveReferences } from './references.js';

export type Path = readonly (string | number)[];

/** A fault and where it stands: at the value of `path`, or at its key. */
export interface PathFault {
  path: Path;
  at: 'value' | 'key';
  message: string;
}

export interface PlacedFault {
  line: number;
  column: number;
  path: Path;
  message: string;
}

/**
 * One YAML file that still knows where everything in it stands. References are resolved in scalar values after parsing, so that
 * what they bring in can never become structure.
 */
export class YamlFile {
  /** What keeps the file from being read at all: syntax, broken or circular aliases. `value()` is meaningless when there is any. */
  readonly broken: PlacedFault[] = [];
  /** Faults of single values and keys: references that lead nowhere, repeated keys. The rest of the file can still be judged. */
  readonly faults: PlacedFault[] = [];

  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;
  /** Plain scalars that held a reference: text until their schema asks for another type. */
  private readonly plain = new Set<Scalar>();
  /** Values that a reference failed to give; whatever else is said of them would mislead. */
  private readonly unresolved = new Set<Node>();

  constructor(
    text: string,
    /** Null: the file takes no references, and `${` is text. */
    private readonly sources: ReferenceSources | null,
  ) {
    this.document = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false, // they would quote the file, and with it a secret
      stringKeys: true,
      uniqueKeys: false, // found below, with their path
      resolveKnownTags: false,
      logLevel: 'error',
    });
    for (const error of [...this.document.errors, ...this.document.warnings]) this.addSyntaxFault(error);
    if (this.broken.length === 0) this.visit(this.document.contents, [], []);
  }

  /**
   * The file as plain values.
   * @returns undefined when the file is broken, or its aliases would grow beyond any measure (`broken` then says so)
   */
  value(): unknown {
    if (this.broken.length > 0) return undefined;
    try {
      return this.document.toJS({ maxAliasCount: 100 });
    } catch {
      this.broken.push({ ...START, path: [], message: 'its aliases expand to too much' });
      return undefined;
    }
  }

  /**
   * Lets a plain value that came from a reference become what the YAML core schema makes of it (`${PORT}` a number).
   * @returns whether it changed
   */
  retype(path: Path): boolean {
    const steps = this.find(path);
    const node = steps.length === path.length + 1 ? this.follow(steps.at(-1)!.node) : null;
    if (!isScalar(node) || !this.plain.delete(node)) return false;
    const text = String(node.value);
    const tag = this.document.schema.tags.find(
      (tag) => tag.default === true && 'test' in tag && tag.test?.test(text),
    );
    if (tag === undefined || !('resolve' in tag) || typeof tag.resolve !== 'function') return false;
    const typed: unknown = (tag.resolve as (text: string, ...rest: unknown[]) => unknown)(
      text,
      () => undefined,
      {},
    );
    node.value = isScalar(typed) ? typed.value : typed;
    return node.value !== text;
  }

  /** @returns null for a value that is already known to be unresolved */
  place(fault: PathFault): PlacedFault | null {
    const steps = this.find(fault.path);
    const last = steps.at(-1);
    const found = steps.length === fault.path.length + 1;
    const node = this.follow(last?.node ?? null);
    if (found && node !== null && this.unresolved.has(node)) return null;
    return {
      ...this.position(last, found && fault.at === 'value'),
      path: fault.path,
      message: fault.message,
    };
  }

  /** The steps of a path as far as they exist, beginning with the root. */
  private find(path: Path): Step[] {
    const steps: Step[] = [{ node: this.document.contents, key: null }];
    for (const name of path) {
      const node = this.follow(steps.at(-1)!.node);
      const step = isMap(node)
        ? node.items.map(toStep).findLast((step) => step.name === String(name))
        : isSeq(node) && typeof name === 'number' && name < node.items.length
          ? { node: node.items[name] as Node, key: null }
          : undefined;
      if (step === undefined) break;
      steps.push(step);
    }
    return steps;
  }

  private follow(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.document) ?? null) : node;
  }

  private visit(node: Node | null, path: Path, above: readonly Node[]): void {
    if (isScalar(node)) return this.resolve(node, path);
    if (isAlias(node)) return this.checkAlias(node.resolve(this.document), node, path, above);
    if (!isCollection(node)) return;
    const within = [...above, node];
    if (isSeq(node)) node.items.forEach((item, index) => this.visit(item as Node, [...path, index], within));
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { name, key, node: value } of node.items.map(toStep)) {
      if (seen.has(name)) this.add('faults', key, [...path, name], 'this key stands here twice');
      seen.add(name);
      this.visit(value, [...path, name], within);
    }
  }

  private checkAlias(target: Node | undefined, alias: Node, path: Path, above: readonly Node[]): void {
    if (target === undefined) this.add('broken', alias, path, 'there is no such anchor before this alias');
    else if (above.includes(target)) this.add('broken', alias, path, 'this alias contains itself');
  }

  private resolve(node: Scalar, path: Path): void {
    if (this.sources === null || typeof node.value !== 'string' || !node.value.includes('${')) return;
    const { text, faults } = resolveReferences(node.value, this.sources);
    for (const message of faults) this.add('faults', node, path, message);
    if (faults.length > 0) this.unresolved.add(node);
    else if (node.type === 'PLAIN') this.plain.add(node);
    node.value = text;
  }

  private add(list: 'faults' | 'broken', node: Node | null, path: Path, message: string): void {
    this[list].push({ ...this.position({ node, key: null }, true), path, message });
  }

  /** The first fault of a line explains it; the parser's later ones follow from it. */
  private addSyntaxFault(error: YAMLError): void {
    const { line, col } = this.lines.linePos(error.pos[0]);
    if (this.broken.some((fault) => fault.line === line)) return;
    this.broken.push({ line, column: col, path: [], message: syntaxMessage(error) });
  }

  /** A value that stands nowhere (`port:` with nothing after it) is placed at its key. */
  private position(step: Step | undefined, preferValue: boolean): typeof START {
    const written =
      step?.node && !(isScalar(step.node) && step.node.source === '' && step.node.type === 'PLAIN');
    const node = (preferValue && written) || !step?.key ? step?.node : step.key;
    const offset = node?.range?.[0];
    if (offset === undefined) return START;
    const { line, col } = this.lines.linePos(offset);
    return line === 0 ? START : { line, column: col };
  }
}

const START = { line: 1, column: 1 };

interface Step {
  node: Node | null;
  key: Node | null;
}

function toStep({ key, value }: Pair): Step & { name: string } {
  return {
    name: isScalar(key) ? String(key.value) : '',
    key: key as Node | null,
    node: value as Node | null,
  };
}

/** The parser's words without what they quote of the file, which may be a secret. */
function syntaxMessage(error: YAMLError): string {
  if (error.code === 'TAG_RESOLVE_FAILED') return 'tags are not supported here';
  if (error.code === 'RESOURCE_EXHAUSTION') return 'nested too deeply';
  if (error.code === 'NON_STRING_KEY') return 'a key must be text';
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here; the file must hold one';
  const message = error.message.split(/:|\\/, 1)[0]!.trim();
  const hint =
    error.code === 'UNEXPECTED_TOKEN'
      ? '; text with special characters, ${…} in { } among it, needs quotes'
      : '';
  return `YAML: ${message}${hint}`;
}
