import { REDACTED } from './record-reader.js';

type Step =
  | { kind: 'name'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'any' }
  /** The next step applies at every depth from here on. */
  | { kind: 'descend' };

type Container = Record<string | number, unknown>;

const NAME = String.raw`\*|[\p{L}\p{N}_$-]+`;
const QUOTED = String.raw`'((?:[^'\\]|\\['\\])*)'|"((?:[^"\\]|\\["\\])*)"`;
/** One step of a path: `.name`, `.*`, `..name`, `['name']`, `[0]`, `[*]`, each bracket also behind `..`. */
const STEP = new RegExp(String.raw`\.\.?(${NAME})|(?:\.\.)?\[(?:${QUOTED}|(\d+)|(\*))\]`, 'uy');

/**
 * Compiles paths into one function that replaces every value they name by {@link REDACTED}, in place, whatever the value is: even
 * that a value is null can be private. Paths are data: nothing in them is ever evaluated, and no expression is accepted.
 *
 * @throws SyntaxError for a path that {@link redactPathFault} names
 */
export function createRedactor(paths: readonly string[]): (record: unknown) => unknown {
  const compiled = paths.map(parsePath);
  return (record) => {
    for (const steps of compiled) redact(record, steps, 0);
    return record;
  };
}

/**
 * Why a `redact` path cannot be used: its syntax, or that it covers one of the paths (dotted, as in `metadata.id`) that a job
 * cannot be known without. Null when it can.
 */
export function redactPathFault(path: string, identityPaths: readonly string[]): string | null {
  let steps: Step[];
  try {
    steps = parsePath(path);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
  const covered = identityPaths.find((identity) => covers(steps, identity.split('.')));
  return covered === undefined
    ? null
    : `covers ${covered}, which a job cannot be known without (the id, the status and the type stay)`;
}

/** @throws SyntaxError */
function parsePath(path: string): Step[] {
  if (!path.startsWith('$')) throw new SyntaxError('a path begins with $');
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) {
      throw new SyntaxError(
        `not understood from character ${at + 1} (${JSON.stringify(path.slice(at, at + 20))}): a path is made of .name, ['name'], [0], [*], .* and ..name`,
      );
    }
    if (match[0].startsWith('..')) steps.push({ kind: 'descend' });
    steps.push(toStep(match));
    at = STEP.lastIndex;
  }
  if (steps.length === 0) throw new SyntaxError('names the whole record');
  return steps;
}

function toStep([, name, single, double, index, any]: RegExpExecArray): Step {
  if (name === '*' || any !== undefined) return { kind: 'any' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  return { kind: 'name', name: name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1') };
}

function redact(value: unknown, steps: readonly Step[], from: number): void {
  const step = steps[from]!;
  if (step.kind === 'descend') {
    for (const container of containersIn(value)) redact(container, steps, from + 1);
    return;
  }
  if (!isContainer(value)) return;
  const last = from === steps.length - 1;
  for (const key of keysOf(value, step)) {
    if (last) value[key] = REDACTED;
    else redact(value[key], steps, from + 1);
  }
}

function keysOf(value: Container, step: Exclude<Step, { kind: 'descend' }>): (string | number)[] {
  if (step.kind === 'any') return Object.keys(value);
  const wanted = step.kind === 'index' ? step.index : step.name;
  // A number is an element of an array, a name a property of an object.
  return (step.kind === 'index') === Array.isArray(value) && Object.hasOwn(value, wanted) ? [wanted] : [];
}

/** The value and everything below it that holds values; with a list of its own, so that depth costs no call stack. */
function containersIn(value: unknown): Container[] {
  const found: Container[] = isContainer(value) ? [value] : [];
  for (let at = 0; at < found.length; at++)
    for (const item of Object.values(found[at]!)) if (isContainer(item)) found.push(item);
  return found;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Whether the steps name the place at `segments`, or one above it. */
function covers(steps: readonly Step[], segments: readonly string[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return true;
  if (step.kind === 'descend') return segments.some((_, depth) => covers(rest, segments.slice(depth)));
  const [segment, ...below] = segments;
  if (segment === undefined || step.kind === 'index') return false;
  return (step.kind === 'any' || step.name === segment) && covers(rest, below);
}
