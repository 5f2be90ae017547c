/**
 * The platform's own shapes, as the published reference shows them (`GET /jobs`, stamped April 15, 2026). Fields marked [A] stand
 * only in the older API repository (github.com/xplenty/xplenty-api-doc-v2, read at dab7409). Nothing here is trusted: records are
 * read field by field.
 */
export interface IntegrateIoJob {
  id: number;
  status: string;
  owner_id: number;
  /** 0.0 to 1.0. */
  progress: number;
  /** How many outputs the package defines, not how many are listed. */
  outputs_count: number;
  outputs: IntegrateIoOutput[];
  /** Values are quoted expressions and may hold credentials. */
  variables: Record<string, unknown>;
  dynamic_variables: Record<string, unknown>;
  started_at: string | null;
  created_at: string;
  /** Null in the [A] samples of failed jobs, set on the published sample of a completed one. */
  failed_at: string | null;
  /** [A] The end of a completed, failed or stopped job alike; null on a sample of a completed one. */
  completed_at?: string | null;
  /** [A] Moves when tasks of the package complete. */
  updated_at: string;
  cluster_id: number;
  package_id: number;
  errors: string | null;
  /** Need not equal end minus start. */
  runtime_in_seconds: number;
  /** [A] 0 for the first run, 1 and up for what a schedule retried by itself: separate jobs. */
  attempts?: number;
  master_auto_retry_attempts?: number | null;
  url: string;
  html_url: string;
  log_url: string | null;
  /** Polymorphic: `User` or `Schedule`. */
  creator: { type: string; display_name: string; id: number; url: string };
  /** The list's record has them, the sample of the detail page has not. */
  package?: { id: number; name: string; url: string };
  cluster?: { id: number; name: string; url: string };
}

export interface IntegrateIoOutput {
  id: number;
  name: string;
  records_count: number;
  created_at: string;
  updated_at: string;
  url: string;
  component: { name: string; type: string; fields: string[] };
}
