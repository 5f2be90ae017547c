import type { components, operations } from './schema.js';

type Schemas = components['schemas'];

export type Job = Schemas['Job'];
export type JobState = Schemas['JobState'];
export type Coverage = Schemas['Coverage'];
export type Transition = Schemas['Transition'];
export type Task = Schemas['Task'];
export type Source = Schemas['Source'];
export type Reject = Schemas['Reject'];
export type Token = Schemas['Token'];
export type AuditEntry = Schemas['AuditEntry'];
export type Problem = Schemas['Problem'];
export type RequestFault = Schemas['RequestFault'];

/** What `jobs` can be asked for; see the parameters of `GET /api/v1/jobs`. */
export type JobsQuery = QueryOf<'listJobs'>;
export type JobField = NonNullable<JobsQuery['fields']>[number];
export type PageQuery = QueryOf<'listSources'>;
export type RejectsQuery = QueryOf<'listRejects'>;

/** A page of a list of jobs. */
export interface JobsPage<Row = Job> {
  data: Row[];
  page: Schemas['JobPageMembers'];
  coverage: Coverage;
}

/** A page of any other list. */
export interface PageOf<Row> {
  data: Row[];
  page: Schemas['Page'];
}

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;
