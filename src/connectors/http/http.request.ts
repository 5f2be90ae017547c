import { Json } from '../../domain/job.js';
import { HttpRequest } from '../shared/http-client.js';
import { pathSegment } from '../shared/path-segment.js';
import { OverlayInput, RequestInput } from './manifest.schema.js';
import { PlaceholderValues, Template } from './template.js';

type BuiltRequest = Omit<HttpRequest, 'signal'> & { headers: Record<string, string> };

/** One request of a manifest, whose placeholders are filled in for each call. */
export class RequestTemplate {
  readonly method: RequestInput['method'];
  private readonly path: Template;
  private readonly query: [string, Template | number | boolean][];
  private readonly headers: [string, Template][];
  private readonly form: [string, Template][] | null;
  private readonly json: JsonTemplate | null;

  constructor({ method, path, query = {}, headers = {}, json, form }: RequestInput) {
    this.method = method;
    this.path = new Template(path);
    this.query = Object.entries(query).map(([name, value]) => [
      name,
      typeof value === 'string' ? new Template(value) : value,
    ]);
    this.headers = templates(headers);
    this.form = form === undefined ? null : templates(form);
    this.json = json === undefined ? null : compileJson(json);
  }

  /**
   * @throws JobGoneError for an id that can be no part of a path
   * @throws TemplateValueError when a value of the upstream cannot stand where the manifest wants it
   */
  build(values: PlaceholderValues): BuiltRequest {
    const query = this.query.flatMap(([name, value]): [string, string | number | boolean][] => {
      const filled = value instanceof Template ? value.value(values) : value;
      return filled === null ? [] : [[name, filled]];
    });
    const json = this.json === null ? undefined : fillJson(this.json, values);
    return {
      method: this.method,
      url: this.path.path(values, pathSegment),
      query: Object.fromEntries(query),
      headers: filledTexts(this.headers, values),
      ...(json === undefined ? {} : { json }),
      ...(this.form === null ? {} : { form: filledTexts(this.form, values) }),
    };
  }
}

/** A list's request with what its filtered read lays over it. */
export function overlaid(request: RequestInput, over: OverlayInput): RequestInput {
  return {
    ...request,
    ...(over.path === undefined ? {} : { path: over.path }),
    ...(over.query === undefined ? {} : { query: { ...request.query, ...over.query } }),
    ...(over.json === undefined ? {} : { json: over.json }),
    ...(over.form === undefined ? {} : { form: { ...request.form, ...over.form } }),
  };
}

export function templates(texts: Readonly<Record<string, string>>): [string, Template][] {
  return Object.entries(texts).map(([name, text]) => [name, new Template(text)]);
}

/** What has no value is left out. */
export function filledTexts(
  entries: readonly [string, Template][],
  values: PlaceholderValues,
): Record<string, string> {
  return Object.fromEntries(
    entries.flatMap(([name, template]): [string, string][] =>
      template.value(values) === null ? [] : [[name, template.text(values)]],
    ),
  );
}

type JsonTemplate = Template | null | number | boolean | JsonTemplate[] | { [key: string]: JsonTemplate };

function compileJson(json: Json): JsonTemplate {
  if (typeof json === 'string') return new Template(json);
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(compileJson);
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, compileJson(item)]));
}

function fillJson(json: JsonTemplate, values: PlaceholderValues): Json {
  if (json instanceof Template) return json.value(values);
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => fillJson(item, values));
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, item]): [string, Json][] => {
      const filled = fillJson(item, values);
      return filled === null && item !== null ? [] : [[key, filled]];
    }),
  );
}
