import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';

/** Thrown by a parser: what is wrong with a value, as the client reads it. */
export class ParameterError extends Error {}

/** A value that could not be read; class-validator turns it into a fault of the request. */
class Unreadable {
  constructor(readonly detail: string) {}
}

export interface ParameterOptions {
  /** Reads all values of the parameter, in order; one value unless it is repeatable. */
  parse: (values: string[]) => unknown;
  repeatable?: boolean;
  /** Commas separate values too. */
  separable?: boolean;
  /** For the OpenAPI document. */
  schema: ApiPropertyOptions;
}

const registry = new WeakMap<object, Map<string, ParameterOptions>>();

/** What was collected of a class and its parents: all of them are complete before the first request. */
const collected = new WeakMap<object, ReadonlyMap<string, ParameterOptions>>();

/** The query parameters of a class (its parents' too) whose properties carry {@link Parameter}; undefined for any other class. */
export function parametersOf(type: object | undefined): ReadonlyMap<string, ParameterOptions> | undefined {
  const known = type && (collected.get(type) ?? collect(type));
  if (known) collected.set(type, known);
  return known;
}

function collect(type: object): ReadonlyMap<string, ParameterOptions> | undefined {
  const classes: object[] = [];
  for (let one: object | null = type; one; one = Object.getPrototypeOf(one) as object | null)
    classes.unshift(one);
  const maps = classes.map((one) => registry.get(one)).filter((map) => map !== undefined);
  return maps.length === 0 ? undefined : new Map(maps.flatMap((map) => [...map]));
}

/** For a route that takes no parameters at all, so that any is an unknown one. */
export function declareParameters(type: object): Map<string, ParameterOptions> {
  const known = registry.get(type) ?? new Map<string, ParameterOptions>();
  registry.set(type, known);
  return known;
}

/** One query parameter: how it is read, checked and documented. */
export function Parameter(options: ParameterOptions): PropertyDecorator {
  return applyDecorators(
    (target: object, name: string | symbol) => {
      declareParameters(target.constructor).set(String(name), options);
    },
    Transform(({ value }) => read(options, value as string[])),
    ValidateIf((_, value) => value !== undefined),
    ValidateBy({
      name: 'readable',
      validator: {
        validate: (value) => !(value instanceof Unreadable),
        defaultMessage: (parameter) => (parameter!.value as Unreadable).detail,
      },
    }),
    ApiProperty({ required: false, ...options.schema } as ApiPropertyOptions),
  );
}

function read(options: ParameterOptions, values: string[]): unknown {
  try {
    return options.parse(values);
  } catch (error) {
    if (error instanceof ParameterError) return new Unreadable(error.message);
    throw error;
  }
}
