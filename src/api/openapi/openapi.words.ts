import { OpenAPIObject } from '@nestjs/swagger';

/** What schemas are written with: JSON Schema 2020-12, which OpenAPI 3.1 takes over whole. */
export interface Schema {
  $ref?: string;
  type?: SchemaType | SchemaType[];
  description?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** The types of the framework are those of OpenAPI 3.0, which spells null otherwise. */
type FrameworkSchemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

export function toFramework(schemas: Record<string, Schema>): FrameworkSchemas {
  return schemas as FrameworkSchemas;
}

const described = (schema: Schema, description: string | undefined): Schema =>
  description === undefined ? schema : { ...schema, description };

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const text = (description?: string): Schema => described({ type: 'string' }, description);

export const uuid = (description?: string): Schema =>
  described({ type: 'string', format: 'uuid' }, description);

/** Always with milliseconds and in UTC. */
export const instant = (description?: string): Schema =>
  described(
    { type: 'string', format: 'date-time', pattern: String.raw`T\d{2}:\d{2}:\d{2}\.\d{3}Z$` },
    description,
  );

export const whole = (description?: string): Schema => described({ type: 'integer' }, description);

/** A whole number from 0. */
export const count = (description?: string): Schema =>
  described({ type: 'integer', minimum: 0 }, description);

export const yesOrNo = (description?: string): Schema => described({ type: 'boolean' }, description);

export const oneOf = (values: readonly string[], description?: string): Schema =>
  described({ type: 'string', enum: [...values] }, description);

export const listOf = (items: Schema, description?: string): Schema =>
  described({ type: 'array', items }, description);

/** Members with names of their own. */
export const mapOf = (values: Schema, description?: string): Schema =>
  described({ type: 'object', additionalProperties: values }, description);

/** Somebody else's object: its members are theirs. */
export const open = (description?: string): Schema =>
  described({ type: 'object', additionalProperties: true }, description);

/** Anything that JSON can say, null included. */
export const anything = (description: string): Schema => ({ description });

/** These members and no others, all of them there but the optional ones. */
export const object = (
  properties: Record<string, Schema>,
  { optional = [], description }: { optional?: readonly string[]; description?: string } = {},
): Schema =>
  described(
    {
      type: 'object',
      properties,
      required: Object.keys(properties).filter((name) => !optional.includes(name)),
      additionalProperties: false,
    },
    description,
  );

export const orNull = (schema: Schema): Schema => {
  if (schema.type === undefined) {
    const { description, ...rest } = schema;
    return described({ anyOf: [rest, { type: 'null' }] }, description);
  }
  const values = schema.enum === undefined ? {} : { enum: [...schema.enum, null] };
  return { ...schema, type: [schema.type as SchemaType, 'null'], ...values };
};
