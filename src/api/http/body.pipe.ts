import { ArgumentMetadata, Injectable, ValidationError, ValidationPipe } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { closest } from 'fastest-levenshtein';
import { quote } from '../dto/parsers.js';
import { pointerOf } from './pointer.js';
import { RequestFault, invalidRequest } from './problem.js';

/** Bodies are a few settings. What reads them does so by recursion, so that a few thousand would be more than its stack holds. */
const MAX_DEPTH = 32;

/** Reads a JSON body into the class that the handler names (none at all is an empty one), or refuses it with every fault at once. */
@Injectable()
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: true },
      exceptionFactory: (errors) => invalidRequest(faultsOfBody(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (isDeeper(value, MAX_DEPTH))
      throw invalidRequest([{ pointer: '#', detail: `is nested more than ${MAX_DEPTH} deep` }]);
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

/** Level by level: a value may be nested deeper than the stack holds. */
function isDeeper(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function faultsOfBody(errors: readonly ValidationError[]): RequestFault[] {
  // Text and numbers come without a target.
  const isObject = errors.every(({ target }) => target !== undefined && !Array.isArray(target));
  if (!isObject) return [{ pointer: '#', detail: 'is not an object' }];
  return errors.flatMap((error) => faultsOf(error, []));
}

/** Pointers are URI fragments, as in RFC 9457. */
function faultsOf(
  { property, constraints, children, target }: ValidationError,
  parents: readonly string[],
): RequestFault[] {
  const path = [...parents, property];
  const pointer = pointerOf(path);
  const details = Object.entries(constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation' ? unknownDetail(property, target!) : message,
  );
  return [
    ...details.map((detail) => ({ pointer, detail })),
    ...(children ?? []).flatMap((child) => faultsOf(child, path)),
  ];
}

function unknownDetail(property: string, target: object): string {
  const rules = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', false, false);
  const known = [...new Set(rules.map(({ propertyName }) => propertyName))];
  if (known.length === 0) return 'is unknown: this takes no fields';
  return `is unknown; did you mean ${quote(closest(property.slice(0, 64), known))}?`;
}
