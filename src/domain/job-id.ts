import { parse, v5 } from 'uuid';

/** The namespace of Rollcall's job ids: UUIDv5 of `rollcall.jobs` in the DNS namespace. It never changes: ids are the same after a rebuild from nothing. */
export const JOB_ID_NAMESPACE = '54ed27d8-0ef2-5728-82a8-1918114be6b1';

const NAMESPACE_BYTES = parse(JOB_ID_NAMESPACE);

/** UUIDv5 (RFC 9562) of `<source>/<externalId>` in UTF-8. */
export function jobId(source: string, externalId: string): string {
  return v5(`${source}/${externalId}`, NAMESPACE_BYTES);
}
