import { compile, TreeInterpreter } from '@jmespath-community/jmespath';
import { valueAt } from '../shared/record-reader.js';
import { syntaxFault } from './syntax-fault.js';

type Node = ReturnType<typeof compile>;
type Value = Parameters<typeof TreeInterpreter.search>[1];

/** The most of one expression, characters; and the parts that it may be made of. */
const MAX_LENGTH = 1_000;
const MAX_NODES = 200;
const MAX_DEPTH = 40;

/**
 * What the expressions over one thing may cost together, counted in values that are looked at: something, and so much for every value
 * that the thing has, so that what it costs follows from what was read. Work of one allowance is done in one go, so that it is also
 * how long others wait. 1,000 steps take 0.05 to 0.7 ms (the worst expression for each function, Node 20.20, 2 busy cores).
 */
interface Allowance {
  forAValue: number;
  most: number;
}
const BASE_STEPS = 2_000;
/** How one record is understood. */
export const OF_A_RECORD: Allowance = { forAValue: 10, most: 25_000 };
/** How records, places and faults are found in one whole answer. */
export const OF_AN_ANSWER: Allowance = { forAValue: 4, most: 100_000 };

/** What is left of one allowance. */
export class Steps {
  private spent = 0;
  private allowed: number | null = null;

  constructor(
    private readonly value: unknown,
    private readonly allowance: Allowance,
  ) {}

  get left(): number {
    return this.all - this.spent;
  }

  /** @throws ExpressionCostError when that was more than is left */
  spend(cost: number): void {
    this.spent += cost;
    if (this.spent > this.all)
      throw new ExpressionCostError(`takes more than ${this.all} steps, with the expressions before it`);
  }

  /** Counted when it is first asked for: plain paths cost nothing. */
  private get all(): number {
    const { forAValue, most } = this.allowance;
    this.allowed ??= Math.min(most, BASE_STEPS + forAValue * Math.ceil(sizeOf(this.value, most / forAValue)));
    return this.allowed;
  }
}

/** Characters of text that cost as much as one value. */
const CHARACTERS_A_STEP = 8;

/**
 * What expressions may call: each looks at its arguments once and gives no more than it was given. Those that grow text without
 * measure (`replace`, `pad_left`), or evaluate an expression for every element, are left out.
 */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'avg',
    'ceil',
    'contains',
    'ends_with',
    'find_first',
    'find_last',
    'floor',
    'items',
    'join',
    'keys',
  ],
  ...['length', 'lower', 'max', 'merge', 'min', 'not_null', 'reverse', 'sort', 'split', 'starts_with', 'sum'],
  ...[
    'to_array',
    'to_number',
    'to_string',
    'trim',
    'trim_left',
    'trim_right',
    'type',
    'upper',
    'values',
    'zip',
  ],
]);

const NODES: ReadonlySet<string> = new Set([
  ...[
    'Field',
    'Index',
    'Slice',
    'IndexExpression',
    'Subexpression',
    'Literal',
    'Current',
    'Identity',
    'Root',
  ],
  ...[
    'Projection',
    'ValueProjection',
    'FilterProjection',
    'Flatten',
    'Pipe',
    'MultiSelectList',
    'MultiSelectHash',
  ],
  ...['KeyValuePair', 'OrExpression', 'AndExpression', 'NotExpression', 'Comparator', 'Ternary', 'Function'],
  ...['Arithmetic', 'Unary'],
]);

/** Names that mean something else than a field to JavaScript; no platform has such a field. */
const UNUSABLE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** An expression met a value that it cannot work with. */
export class ExpressionError extends Error {}

/** An expression took more steps than it may. */
export class ExpressionCostError extends ExpressionError {}

/** One JMESPath expression: no loops, no variables, nothing of its own, a bounded number of steps. */
export class Expression {
  /** The dotted path, where the expression is nothing else; null where it is more. */
  readonly path: string | null;
  /** Every place that it reads, as dotted paths from where it is evaluated, as far as that can be said. */
  readonly paths: readonly string[];
  private readonly node: Node;

  /** @throws SyntaxError for what {@link expressionFault} names */
  constructor(readonly source: string) {
    this.node = parse(source);
    this.path = plainPath(this.node);
    this.paths = this.path === null ? [...pathsOf(this.node)] : [this.path];
  }

  /**
   * The value; null where there is none. Of a plain path undefined where it is absent, so that absent and null stay two things.
   * @param steps shared by all expressions that read the same
   * @throws ExpressionError
   */
  evaluate(value: unknown, steps = new Steps(value, OF_A_RECORD)): unknown {
    return this.path === null ? evaluate(this.node, value, steps) : valueAt(value, this.path);
  }
}

/** Why a text is no expression that a manifest may use; null when it is one. */
export function expressionFault(source: string): string | null {
  return syntaxFault(() => parse(source));
}

function parse(source: string): Node {
  if (source.length > MAX_LENGTH) throw new SyntaxError(`an expression has at most ${MAX_LENGTH} characters`);
  let node: Node;
  try {
    node = compile(source);
  } catch (error) {
    const words = oneLine((error as Error).message);
    throw new SyntaxError(`not a JMESPath expression (${words})`, { cause: error });
  }
  let count = 0;
  for (const { node: part, depth } of walk(node)) {
    if (++count > MAX_NODES || depth > MAX_DEPTH)
      throw new SyntaxError('an expression is made of fewer parts');
    const refusal = refusalOf(part);
    if (refusal !== null) throw new SyntaxError(refusal);
  }
  return node;
}

function refusalOf(node: Node): string | null {
  if (!NODES.has(node.type)) return `${node.type} is not available in a manifest's expressions`;
  if (node.type === 'Function' && !FUNCTIONS.has(node.name))
    return `the function ${node.name} is not available; there are ${[...FUNCTIONS].join(', ')}`;
  if ('name' in node && UNUSABLE_NAMES.has(node.name)) return `${node.name} is not a usable name`;
  if (node.type === 'Slice' && node.step === 0) return 'a slice needs a step other than 0';
  return null;
}

/** The node and all below it, with a list of its own: depth costs no call stack. */
function* walk(root: Node): Generator<{ node: Node; depth: number }> {
  const waiting = [{ node: root, depth: 0 }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    yield at;
    for (const node of childrenOf(at.node)) waiting.push({ node, depth: at.depth + 1 });
  }
}

function childrenOf(node: Node): Node[] {
  // A literal's value is data.
  if (node.type === 'Literal') return [];
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

function plainPath(node: Node): string | null {
  if (node.type === 'Field') return node.name === '' || node.name.includes('.') ? null : node.name;
  if (node.type !== 'Subexpression') return null;
  const [left, right] = [plainPath(node.left), plainPath(node.right)];
  return left === null || right === null ? null : `${left}.${right}`;
}

/** The longest plain paths in it. What stands behind a projection or a pipe is counted by itself, which can only name too much. */
function pathsOf(node: Node): Set<string> {
  const path = plainPath(node);
  if (path !== null) return new Set([path]);
  return new Set(childrenOf(node).flatMap((child) => [...pathsOf(child)]));
}

function evaluate(node: Node, value: unknown, steps: Steps): unknown {
  const base = TreeInterpreter;
  const interpreter = Object.create(base) as typeof base;
  interpreter.visit = (part, at) => {
    steps.spend(1);
    if (part.type === 'Field') return ownField(at, part.name);
    if (part.type === 'Function') {
      const given = part.children.map((child) => interpreter.visit(child, at) as Value);
      steps.spend(costOfCall(part.name, given, steps.left));
      return finite(interpreter.runtime.callFunction(part.name, given));
    }
    if (part.type === 'Comparator' && (part.name === 'EQ' || part.name === 'NE')) {
      const [first, second] = [interpreter.visit(part.left, at), interpreter.visit(part.right, at)];
      steps.spend(sizeOf(first, steps.left) + sizeOf(second, steps.left));
      if (isScalar(first) && isScalar(second)) return (first === second) === (part.name === 'EQ');
      const literals = { left: literal(first), right: literal(second) };
      return base.visit.call(interpreter, { ...part, ...literals }, at);
    }
    if (part.type === 'Arithmetic') {
      const [left, right] = [interpreter.visit(part.left, at), interpreter.visit(part.right, at)];
      if (right === 0 && DIVISIONS.has(part.operator)) return null;
      return finite(
        base.visit.call(interpreter, { ...part, left: literal(left), right: literal(right) }, at),
      );
    }
    if (part.type === 'Slice' && typeof at === 'string') steps.spend(at.length / CHARACTERS_A_STEP);
    const result = base.visit.call(interpreter, part, at);
    // What refers to one value twice counts twice: nothing can grow by being doubled and doubled again.
    if (part.type === 'MultiSelectList' || part.type === 'MultiSelectHash')
      steps.spend(sizeOf(result, steps.left));
    else if (Array.isArray(result) && GROWING.has(part.type)) steps.spend(result.length);
    return finite(result);
  };
  try {
    return interpreter.search(node, value as Value) ?? null;
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    if (error instanceof RangeError) throw new ExpressionError('met values that are nested too deeply');
    throw new ExpressionError(oneLine((error as Error).message));
  }
}

/** By zero they have no value, which is no reason to refuse a record. */
const DIVISIONS: ReadonlySet<string> = new Set(['Divide', 'Modulo', 'Div']);

const GROWING: ReadonlySet<string> = new Set([
  'Flatten',
  'Projection',
  'ValueProjection',
  'FilterProjection',
  'Slice',
]);

function literal(value: unknown): Node {
  return { type: 'Literal', value } as Node;
}

function ownField(value: unknown, name: string): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return null;
  return ((value as Record<string, unknown>)[name] ?? null) as Value;
}

/** What these do does not depend on what is in the values that they are given. */
const OF_THE_OUTSIDE: ReadonlySet<string> = new Set(['type', 'not_null', 'to_array']);

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function costOfCall(name: string, given: readonly unknown[], most: number): number {
  if (OF_THE_OUTSIDE.has(name) || (name === 'length' && Array.isArray(given[0]))) return given.length;
  const size = given.reduce<number>((sum, value) => sum + sizeOf(value, most), 0);
  if (name !== 'join') return size;
  const [glue, items] = given;
  const repeated = typeof glue === 'string' && Array.isArray(items) ? glue.length * items.length : 0;
  return size + repeated / CHARACTERS_A_STEP;
}

/** How many values there are in it, long texts as several, shared ones each time; counts no further than `most`. */
export function sizeOf(value: unknown, most: number): number {
  const waiting: unknown[] = [value];
  let size = 0;
  while (waiting.length > 0 && size <= most) {
    const item = waiting.pop();
    size += 1 + (typeof item === 'string' ? item.length / CHARACTERS_A_STEP : 0);
    if (typeof item !== 'object' || item === null) continue;
    const items = Array.isArray(item) ? item : Object.values(item);
    // Not spread: a very long list would not fit onto the call stack.
    if (size + items.length > most) return most + 1;
    for (const inner of items) waiting.push(inner);
  }
  return size;
}

/** JSON has no infinity: what was divided by zero is no number. */
function finite<T>(value: T): T | null {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
