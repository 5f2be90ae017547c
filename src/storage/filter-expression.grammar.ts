import { Parser, generate } from 'peggy';

/** A word or text of an expression, and the offset in it at which it begins. */
export interface Token {
  text: string;
  offset: number;
}

/** `is null` has no values, `in` has one or more, the others have one. `not` goes before `in`, or after `is`. */
export interface WrittenCondition {
  field: Token;
  /** What follows the first dot of the field; null without one. */
  key: string | null;
  operator: '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | 'in' | 'is null';
  /** Where the operator begins. */
  offset: number;
  not: boolean;
  values: Token[];
}

/** An expression as it is written: fields and values are still words. */
export type Written =
  { and: Written[] } | { or: Written[] } | { not: Written } | { condition: WrittenCondition };

/** An expression that cannot be read, or that asks what no job can answer. The message names the column. */
export class FilterExpressionError extends Error {}

/** Characters. */
export const MAX_LENGTH = 2_000;
/** Brackets within brackets: each costs the parser some of its stack. */
export const MAX_DEPTH = 20;

// A rule's second name is what a message calls it. docs/api.md, "Filter expressions", shows the same for people.
const GRAMMAR = String.raw`
expression = _ @or _
or = first:and rest:(_ OR _ @and)* { return rest.length > 0 ? { or: [first, ...rest] } : first; }
and = first:not rest:(_ AND _ @not)* { return rest.length > 0 ? { and: [first, ...rest] } : first; }
not = nots:(@NOT _)* term:term { return nots.length % 2 === 1 ? { not: term } : term; }
term = "(" _ @or _ ")" / condition

condition = left:field _ right:(null / list / comparison) { return { condition: { ...left, ...right } }; }
null = IS not:(_ @NOT)? _ NULL { return { operator: 'is null', offset: offset(), not: not !== null, values: [] }; }
list = not:(@NOT _)? IN _ "(" _ values:value|1.., _ "," _| _ ")" {
    return { operator: 'in', offset: offset(), not: not !== null, values };
  }
comparison = operator:operator _ value:value { return { operator, offset: offset(), not: false, values: [value] }; }

field "a field" = !reserved text:$([A-Za-z] [A-Za-z0-9_]*) key:("." @key)? { return { field: { text, offset: offset() }, key }; }
key = string / $[\p{L}\p{N}_.:/-]+
value "a value" = text:(string / !reserved @$[\p{L}\p{N}_.:/+@#%-]+) { return { text, offset: offset() }; }
operator "an operator" = "=" / "!=" / "<=" / "<" / ">=" / ">" / "~"
string = '"' characters:(escaped / $[^"\\])* '"' { return characters.join(''); }
       / "'" characters:(escaped / $[^'\\])* "'" { return characters.join(''); }
escaped = "\\" @$.

reserved = OR / AND / NOT / IN / IS / NULL
OR "or" = "or"i !letter
AND "and" = "and"i !letter
NOT "not" = "not"i !letter
IN "in" = "in"i !letter
IS "is" = "is"i !letter
NULL "null" = "null"i !letter
letter = [\p{L}\p{N}_]
_ "a space" = [ \t\r\n]*
`;

let parser: Parser | undefined;

/**
 * Reads the words of an expression. Takes as long as the expression is, whatever stands in it.
 *
 * @throws FilterExpressionError at the first place that cannot be read, with what was expected there
 */
export function readExpression(text: string): Written {
  const { length } = Array.from(text);
  if (length > MAX_LENGTH)
    throw new FilterExpressionError(`has ${length} characters; at most ${MAX_LENGTH} are read`);
  checkDepth(text);
  // made when it is first needed: it takes some milliseconds, which most commands never need
  parser ??= generate(GRAMMAR);
  try {
    return parser.parse(text) as Written;
  } catch (error) {
    if (!(error instanceof parser.SyntaxError)) throw error;
    const { offset } = error.location.start;
    const forNull = /^null(?![\p{L}\p{N}_])/iu.test(text.slice(offset));
    throw faultAt(
      text,
      offset,
      forNull ? 'Null is asked for with "is null" or "is not null"' : error.message,
    );
  }
}

/** @param offset of the place in the expression; people count columns, in characters from 1 */
export function faultAt(expression: string, offset: number, detail: string): FilterExpressionError {
  const column = Array.from(expression.slice(0, offset)).length + 1;
  return new FilterExpressionError(`column ${column}: ${detail}`);
}

function checkDepth(text: string): void {
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()]/gs)) {
    if (found === '(') depth += 1;
    else if (found === ')') depth -= 1;
    if (depth > MAX_DEPTH) throw faultAt(text, index, `More than ${MAX_DEPTH} brackets within each other`);
  }
}
